"""Methods for squared losses, from residuals r (N) with loss = r.r and their Jacobian J (N, P).

Own code: scipy's least_squares solves P x P problems, evaluates residuals without their Jacobian and ends by
tolerances of its own. Two of them solve `(J'J + mu I) d = J'r` in the smaller of N and P dimensions; Gauss-Newton cuts
small singular values of J instead.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting

LEAST_DAMPING, MOST_DAMPING = 1e-15, 1e15
"""Of the largest square of a column of J: below, rounding decides; above, no step is left."""
HALVINGS = 40  # to a share of 1e-12


@dataclass(frozen=True)
class Linearised:
    """Residuals `(N,)` and Jacobian `(N, P)` at a point, with J'r and the smaller of J'J and JJ'."""

    residuals: Doubles
    jacobian: Doubles
    slope: Doubles
    gram: Doubles

    @classmethod
    def of(cls, residuals: Doubles, jacobian: Doubles) -> Self:
        """With the products, which serve every damping."""
        wide = jacobian.shape[0] < jacobian.shape[1]
        gram = jacobian @ jacobian.T if wide else jacobian.T @ jacobian
        return cls(residuals, jacobian, jacobian.T @ residuals, gram)

    def damped_step(self, mu: float) -> Doubles:
        """`(J'J + mu I)^-1 J'r (P,)`, or `J'(JJ' + mu I)^-1 r` where there are fewer residuals than parameters.

        Raises numpy.linalg.LinAlgError if rounding has made the matrix indefinite."""
        from scipy.linalg.lapack import dposv

        # (J'J + mu I)^-1 J' = J' (JJ' + mu I)^-1: the smaller Gram matrix will do
        wide = len(self.gram) < len(self.slope)
        damped = self.gram.copy()
        damped.flat[:: len(damped) + 1] += mu
        # Cholesky and both triangular systems in one call: of so small a matrix scipy's checks would take a third; the
        # transpose is in LAPACK's order, and the same
        _, solution, failed = dposv(damped.T, self.residuals if wide else self.slope, lower=True, overwrite_a=True)
        if failed:
            raise np.linalg.LinAlgError("The matrix is not positive definite.")
        step: Doubles = self.jacobian.T @ solution if wide else solution
        return step

    def careful_step(self, mu: float) -> Doubles:
        """The same without a Gram matrix, whose condition is the square of the Jacobian's: slower, and always there."""
        from scipy.linalg import lstsq, qr, solve_triangular

        dim, damping = len(self.slope), np.sqrt(mu) * np.eye(len(self.gram))
        if len(self.gram) < dim:
            # the shortest y with (J, sqrt(mu) I) y = r is (J, sqrt(mu) I)' (JJ' + mu I)^-1 r, and begins with the step
            found: Doubles = lstsq(np.hstack((self.jacobian, damping)), self.residuals, lapack_driver="gelsy")[0]
            return found[:dim]
        # |Jd - r|^2 + mu |d|^2 is least where (J'J + mu I) d = J'r; as a column beside the matrix, r becomes Q'r
        beside = np.concatenate((self.residuals, np.zeros(dim)))
        both = np.column_stack((np.vstack((self.jacobian, damping)), beside))
        (triangle,) = qr(both, mode="r", overwrite_a=True, check_finite=False)
        step: Doubles = solve_triangular(triangle[:dim, :dim], triangle[:dim, dim], check_finite=False)
        return step


@dataclass(frozen=True)
class ResidualMethod(Optimizer):
    """What the three have in common."""

    family: ClassVar[str] = "residual"
    max_dim: ClassVar[int] = 20_000

    def memory(self, dim: int) -> int:
        return 8 * 8 * dim  # beside J, its copies and products, which are counted where the residuals are known


@dataclass(frozen=True)
class GaussNewton(ResidualMethod):
    """The shortest step that minimises the linearised residuals, halved until it lowers the loss."""

    needs: ClassVar[frozenset[Need]] = frozenset({"residuals", "value"})
    source: ClassVar[str] = "Nocedal and Wright 2006, section 10.3; Ben-Israel 1966"
    expected: ClassVar[str] = (
        "no order: linearised, one step moves every mode to its end (arXiv 2601.03162, 2605.08352)"
    )
    caveat: ClassVar[str] = "far from the linear regime full steps are refused, and halved ones are ordered again"
    cutoff: float = setting(
        1e-4, "singular values below this share of the largest are left out", above=0.0, below=1.0, tune=(1e-10, 0.1)
    )

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta, improving = theta0.copy(), True
        while improving:
            residuals, jacobian = objective.residuals_and_jacobian(theta)
            step = np.linalg.lstsq(jacobian, residuals, rcond=self.cutoff)[0]
            slope, loss, share = residuals @ (jacobian @ step), residuals @ residuals, 1.0
            improving = False
            for _ in range(HALVINGS):
                trial = theta - share * step
                # Armijo's rule with 5e-5, as the slope is -2 r.Jd
                if objective.value(trial) < loss - 1e-4 * share * slope:
                    theta, improving = trial, True
                    break
                share /= 2


@dataclass(frozen=True)
class LevenbergMarquardt(ResidualMethod):
    """Gauss-Newton with a damping that falls after a step as good as predicted and rises after a bad one."""

    needs: ClassVar[frozenset[Need]] = frozenset({"residuals", "value"})
    source: ClassVar[str] = "Marquardt 1963; damping of Nielsen 1999; Madsen, Nielsen, Tingleff 2004, algorithm 3.16"
    expected: ClassVar[str] = (
        "a step leaves a share mu / (lambda + mu) of a mode, so only modes with lambda << mu are in order, and that "
        "fades as the damping mu falls"
    )
    damping: float = setting(1e-3, "first damping, as a share of the largest square of a column", above=0.0, below=1e6)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta = theta0.copy()
        known = Linearised.of(*objective.residuals_and_jacobian(theta))
        scale = float((known.jacobian**2).sum(axis=0).max()) or 1.0
        mu, growth = self.damping * scale, 2.0  # mu_0 = tau max_i (J'J)_ii
        while mu < MOST_DAMPING * scale:
            gain, trial = self._try(objective, theta, known, mu)
            if gain > 0:
                theta = trial
                known = Linearised.of(*objective.residuals_and_jacobian(theta))
                # for a gain rho mu <- mu max(1/3, 1 - (2 rho - 1)^3), nu <- 2; after a bad step mu <- nu mu, nu <- 2 nu
                mu, growth = max(mu * max(1 / 3, 1 - (2 * gain - 1) ** 3), LEAST_DAMPING * scale), 2.0
            else:
                mu, growth = mu * growth, 2 * growth

    @staticmethod
    def _try(objective: Objective, theta: Doubles, known: Linearised, mu: float) -> tuple[float, Doubles]:
        """Actual over predicted reduction of the loss, and the point; -1 where no step can be had."""
        try:
            step = known.damped_step(mu)
        except np.linalg.LinAlgError:
            return -1.0, theta
        trial = theta - step
        # |r|^2 - |r - Jd|^2 = d.(mu d + J'r), since (J'J + mu I) d = J'r
        predicted = step @ (mu * step + known.slope)
        if np.array_equal(trial, theta) or not predicted > 0:  # lost in rounding
            return -1.0, theta
        return float((known.residuals @ known.residuals - objective.value(trial)) / predicted), trial


@dataclass(frozen=True)
class NaturalGradient(ResidualMethod):
    """theta <- theta - lr (F + damping I)^-1 g with F = 2 J'J, the Fisher matrix of a Gaussian model."""

    needs: ClassVar[frozenset[Need]] = frozenset({"residuals"})
    source: ClassVar[str] = "Amari 1998; Martens 2020, arXiv 1412.1193, section 6"
    expected: ClassVar[str] = "no order where the damping is small against the eigenvalues of F: all modes shrink alike"
    caveat: ClassVar[str] = "lr and damping stay as they are: no step is refused, so too small a damping diverges"
    lr: float = setting(0.5, "step length; 1 solves the linearised problem", above=0.0, tune=(0.01, 1.0))
    damping: float = setting(1e-3, "added to the eigenvalues of F", above=1e-12, tune=(1e-6, 1.0))

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta = theta0.copy()
        while True:
            # (2 J'J + delta I)^-1 2 J'r = (J'J + (delta / 2) I)^-1 J'r
            known = Linearised.of(*objective.residuals_and_jacobian(theta))
            try:
                step = known.damped_step(self.damping / 2)
            except np.linalg.LinAlgError:  # a damping below the rounding of the largest eigenvalue
                step = known.careful_step(self.damping / 2)
            theta -= self.lr * step
