"""Problems: data, a network, a loss, and the frequencies to watch. `PROBLEMS` is the one registry."""

from problems.base import Recipe
from problems.classes.digits import Projected, Reduced
from problems.controls import LinearControl
from problems.equations.poisson import Poisson
from problems.equations.poisson_grid import PoissonGrid
from problems.equations.solved import AllenCahnWaves, BurgersFront, Heat, HelmholtzLine, HelmholtzPlane
from problems.line.circle_tone import Tone
from problems.line.clip import Clip
from problems.line.many_tones import Dense, Tones
from problems.line.targets import Noisy, Target
from problems.line.waves import Amplitude, Sines
from problems.own_data import OwnData
from problems.parity import Parity
from problems.space.images import Picture, PlaneWaves
from problems.space.random_waves import RandomWaves
from problems.space.shapes import Shape
from problems.space.solids import Solid

PROBLEMS: dict[str, Recipe] = {
    "sin135": Sines(about="sin x + sin 3x + sin 5x, the standard target (SHED, figure 1)"),
    "sin15": Sines(omegas=(1, 5), amplitudes=(1.0, 1.0), about="sin x + sin 5x (lecture notes, figure 1.3)"),
    "sin135-wide": Sines(
        network="1-8000-1", init="normal(0.1)", about="sin135 with the wide network of SHED, figure 1: 1-8000-1"
    ),
    "sin135-deep": Sines(network="1-200-200-200-100-1", about="sin135 with the deep network 200-200-200-100 of SHED"),
    "image": Picture(about="a gray photograph, R^2 -> R, rings of |k| in cycles per picture (OVER, figure 3)"),
    "image-rgb": Picture(network="2-40-40-3", components=3, about="a colour photograph, R^2 -> R^3"),
    "image-published": Picture(
        network="2-500-400-300-200-200-100-1", size="75x60", about="a gray photograph with a published network"
    ),
    "waves-2d": PlaneWaves(about="a sum of plane waves in R^2, |k| in cycles per picture"),
    "solid": Solid(about="a cloud of points in space, R^3 -> R or R^m, shells of |k| in cycles per box"),
    "solid-distance": Shape(about="the signed distance to a ring with a ball in it, R^3 -> R, shells of |k|"),
    "solid-occupancy": Shape(field="occupancy", about="outside or inside of a ring with a ball in it, R^3 -> {-1, 1}"),
    "poisson": Poisson(about="-u'' = g by the Ritz energy of a network, errors of u by sine modes (SHED, section 4)"),
    "poisson-published": Poisson(
        network="1-4000-500-400-1", init="normal(0.02)", about="poisson with the published network (SHED, section 4)"
    ),
    "poisson-grid": PoissonGrid(about="-u'' = g on a grid: --optimizers jacobi is Jacobi's iteration, high to low"),
    "helmholtz": HelmholtzLine(about="u'' + u = f by its residual (PINN), errors of u by sine modes"),
    "helmholtz-2d": HelmholtzPlane(
        budget=30_000, about="the same in the plane; --set problem.across=1 and up=4 is a published one"
    ),
    "heat": Heat(budget=30_000, about="u_t = nu u_xx by its residual (PINN), errors of u by sine modes over time"),
    "burgers": BurgersFront(budget=30_000, about="u_t + u u_x = nu u_xx by its residual, exact by Cole and Hopf"),
    "allen-cahn": AllenCahnWaves(
        budget=30_000, about="u_t = nu u_xx + 5 (u - u^3) + f by its residual, f made for waves that decay"
    ),
    "sin123-rising": Sines(amplitudes=(1.0, 2.0, 3.0), about="sin x + 2 sin 3x + 3 sin 5x, the high waves the loudest"),
    "amplitude": Amplitude(about="sin x + a sin 4x: how loud must the high wave be to come first?"),
    "target": Target(about="a target of your own: --target FORMULA [--domain A,B] [--samples N], or --target FILE.csv"),
    "data": OwnData(about="samples of your own, any dimension: --data FILE.npz with inputs (n, d) and targets (n, m)"),
    "steps": Target(
        target="2*round((sin(x)+2*sin(3*x)+3*sin(5*x))/2)",
        domain="-10,10",
        samples=600,
        # [-10, 10] is no period of these waves: in their leakage local maxima alone are peaks
        local_peaks=True,
        network="1-200-200-200-100-1",
        init="normal(0.1)",
        dtype="float32",
        budget=30_000,
        about="2 round((sin x + 2 sin 3x + 3 sin 5x) / 2), the published step function (TRAIN, figure 2)",
    ),
    "steps-periodic": Target(
        target="round(sin(x)/sqrt(2))",
        samples=600,
        about="a periodic step function of three values (lecture notes, 1.4)",
    ),
    "noisy": Noisy(
        network="1-200-200-200-100-1",
        init="normal(0.1)",
        dtype="float32",
        about="steps of a sine with noise; the loss on test samples shows when to stop (TRAIN, figure 3)",
    ),
    "large-init": Target(
        target="0.5*round(x/0.5)",
        domain="-1,1",
        samples=300,
        network="1-200-200-200-100-1",
        init="normal(10)",
        dtype="float32",
        about="stairs from large weights; compare --init 'normal(0.1)' (TRAIN, figure 4)",
    ),
    "audio": Clip(about="three tones and a chirp, with PSNR; a clip of your own: --target CLIP.wav --probe psnr"),
    "dense": Dense(about="sum of sin(j x / 10) / j for j = 1 .. 500: a spectrum without gaps (THEORY)"),
    "ten-tones": Tones(budget=180_000, about="ten waves, equally loud, with random phases (RAH, experiment 1)"),
    "ten-tones-rising": Tones(
        quietest=0.1, budget=180_000, about="ten waves, the highest ten times as loud as the lowest (RAH, experiment 1)"
    ),
    "tone": Tone(about="cos(k theta) on the circle: time to learn against k (BASRI), with 2-512-1 for 2-4000-1"),
    "tone-published": Tone(
        network="2-4000-1",
        init="paired",
        samples=1001,
        about="tone at the published size: 4000 units, 1001 samples (BASRI)",
    ),
    "random-waves": RandomWaves(
        about="three waves of random frequency and phase: targets as a population, --vary problem.target=0..11"
    ),
    # samples are counted along each axis: 24^2 here, 12^3 below
    "random-waves-2d": RandomWaves(
        dimension=2, network="2-40-40-1", highest=6, samples=24, budget=30_000, about="the same in the plane"
    ),
    "random-waves-3d": RandomWaves(
        dimension=3, network="3-40-40-1", highest=4, samples=12, budget=30_000, about="the same in space"
    ),
    "parity": Parity(about="the parity of ten signs, 200 of 1024: aliased low frequencies first (SHED, 5c)"),
    "control-gradient-loss": Sines(
        loss="mse+gradient",
        network="1-200-200-200-100-1",
        dtype="float32",
        about="sin135 with the slope in the loss, where high frequencies weigh more: no order, or reversed (OVER, 7)",
    ),
    "control-ricker": Sines(
        activation="ricker(0.1)",
        network="1-200-200-200-100-1",
        dtype="float32",
        about="sin135 with a narrow wavelet as activation: all frequencies at once (OVER, figure 6)",
    ),
    # the pace of frequency k goes with s_k^2: 0.09 each here; 0.36, 0.04, 0.01 falling and rising below
    "control-flat": LinearControl(about="a linear model in which no frequency comes first"),
    "control-low": LinearControl(scales=(0.6, 0.2, 0.1), about="a linear model that learns low frequencies first"),
    "control-high": LinearControl(scales=(0.1, 0.2, 0.6), about="a linear model that learns high frequencies first"),
    # with s_k^2 (1 + k^2): 0.045, 0.225, 0.585 for k = 1, 3, 5
    "control-slope": LinearControl(
        scales=(0.15, 0.15, 0.15),
        loss="mse+gradient",
        about="the flat model with its slope in the loss, which learns high frequencies first",
    ),
    "mnist": Projected(
        data="mnist",
        n_train=5000,
        n_test=2000,
        filters=(3.0, 7.0),
        network="784-400-200-10",
        dtype="float32",
        budget=1500,
        about="MNIST along its first principal direction, 5,000 images (lecture notes, figure 1.10)",
    ),
    "mnist-full": Projected(
        data="mnist",
        n_train=60_000,
        n_test=10_000,
        filters=(3.0, 7.0),
        network="784-400-200-10",
        dtype="float32",
        budget=1500,
        about="the same with all 60,000 images",
    ),
    "mnist-scalar": Projected(
        data="mnist",
        n_train=5000,
        n_test=2000,
        labels="scalar",
        loss="mse",
        network="784-400-200-1",
        dtype="float32",
        budget=1500,
        about="MNIST with the digit itself as the target (TRAIN)",
    ),
    "fashion-mnist": Projected(
        data="fashion-mnist",
        n_train=5000,
        n_test=2000,
        network="784-400-200-10",
        dtype="float32",
        budget=1500,
        about="Fashion-MNIST along its first principal direction, 5,000 images",
    ),
    "cifar10": Projected(
        data="cifar10",
        n_train=5000,
        n_test=2000,
        k_max=0.167,
        network="3072-400-200-10",
        dtype="float32",
        budget=1500,
        about="CIFAR-10 along its first principal direction, 5,000 images, a fully connected network",
    ),
    "cifar10-cnn": Projected(
        data="cifar10",
        n_train=10_000,
        n_test=2000,
        k_max=0.167,
        network="cnn",
        activation="relu",
        dtype="float32",
        budget=2700,
        about="CIFAR-10 with the published convolutional network (SHED, figure 2): --optimizers adam-minibatch",
    ),
    "cifar10-cnn-small": Projected(
        data="cifar10",
        n_train=10_000,
        n_test=2000,
        k_max=0.167,
        filters=(3.0, 7.0),
        network="cnn-small",
        activation="relu",
        dtype="float32",
        budget=480,
        about="CIFAR-10 with the smaller published one, filtered (SHED, figure 3)",
    ),
    "cifar10-vgg16": Projected(
        data="cifar10",
        n_train=10_000,
        n_test=2000,
        k_max=0.167,
        filters=(7.0, 10.0),
        network="vgg16",
        activation="relu",
        init="kaiming",
        dtype="float32",
        budget=300,
        about="CIFAR-10 with VGG16 and a full layer of 1,024, filtered (SHED, figure 3)",
    ),
    "digits": Projected(
        k_max=1.5,
        network="64-40-10",
        about="scikit-learn's digits along their first principal direction",
    ),
    "mnist-pca": Reduced(
        data="mnist",
        network="16-16-10",
        budget=15_000,
        about="MNIST, 1,000 images, 16 principal components: small enough for every optimizer",
    ),
    "digits-pca": Reduced(
        k_max=1.5,
        network="16-16-10",
        budget=15_000,
        about="scikit-learn's digits, 1,000 images, 16 principal components",
    ),
}
