"""A film of training: output and spectrum of each optimizer from cost 0 to the end, as GIF, and MP4 where ffmpeg is."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from PIL import Image

from harness.analysis.order import of_first_probes
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.palette import LINES
from harness.figures.drawing.style import GREY, INK, fitted, house_style
from harness.figures.kept.outputs import Kept, kept_lines
from harness.figures.needed import of_study
from harness.tables import Tables
from harness.whole_files import replace_file

MOST = 12
"""Optimizers that are shown; of more, the first."""
FRAMES, SECONDS, REST = 36, 8.0, 1.5
"""Pictures, how long they last together, and how long the last stands."""
DPI, COLOURS = 110, 64
KINDS = ("gif", "mp4")
"""Files of a film."""
LEFT, RIGHT, TOP, BOTTOM, HEIGHT, GAP_Y = 0.42, 0.08, 0.62, 0.72, 0.95, 0.42
"""Inches."""
NO_FFMPEG = "no MP4: ffmpeg is not on the PATH; install it and draw again, or use the GIF"

Pixels = NDArray[np.uint8]


class Scene(NamedTuple):
    """One optimizer: its run, and the amplitudes of target and network `(t, k)` at the kept marks."""

    run: Kept
    frequency: NDArray[np.float64]
    target: NDArray[np.float64]
    amplitude: NDArray[np.float64]


@of_study("animation")
def animation_rows(tables: Tables) -> pd.DataFrame:
    """The spectra and, apart from them, the curves behind the film: one row a point, told apart by `part`."""
    parts = []
    for scene in _scenes(tables):
        run = scene.run
        for place, (mark, cost) in enumerate(zip(run.marks, run.costs, strict=True)):
            about = {"configuration": run.name, "mark": mark, "cost": cost}
            curve = {"at": run.x[:, 0], "target": run.target[:, 0], "value": run.values[place, :, 0]}
            spectrum = {"at": scene.frequency, "target": scene.target, "value": scene.amplitude[place]}
            parts += [pd.DataFrame({**about, "part": "output", **curve})]
            parts += [pd.DataFrame({**about, "part": "spectrum", **spectrum})]
    return pd.concat(parts, ignore_index=True)


@of_study("animation")
def animation(tables: Tables) -> tuple[Figure, int, Callable[[int], None]]:
    """Output and spectrum of a problem of one variable through training: a film, of each optimizer's lowest seed."""
    scenes = _scenes(tables)
    costs = _frames(scenes)
    columns = 1 if len(scenes) == 1 else 2
    lines = -(-len(scenes) // columns)
    page = TOP + lines * HEIGHT + (lines - 1) * GAP_Y + BOTTOM
    width = (PAGE - columns * (2 * LEFT + RIGHT)) / (2 * columns)
    with house_style():
        figure = Figure(figsize=(PAGE, page))
        draws = []
        for index, scene in enumerate(scenes):
            line, column = divmod(index, columns)
            bottom = page - TOP - (line + 1) * HEIGHT - line * GAP_Y
            left = column * PAGE / columns + LEFT
            places = [(left, bottom), (left + width + LEFT, bottom)]
            axes = [figure.add_axes((x / PAGE, y / page, width / PAGE, HEIGHT / page)) for x, y in places]
            text, size = fitted(scene.run.name, 7, 2 * width, "bold")
            axes[0].text(0, 1 + 0.06 / HEIGHT, text, size=size, weight="bold", transform=axes[0].transAxes)
            draws.append(_scene(axes[0], axes[1], scene))
        clock = figure.text(0.5, 1 - 0.2 / page, "", ha="center", va="center", size=9, color=INK)
        _explain(figure, page, len(scenes), tables["runs"])

    def draw(frame: int) -> None:
        clock.set_text(f"cost {costs[frame]:,.0f} forward passes")
        for each in draws:
            each(costs[frame])

    return figure, len(costs), draw


def save_film(film: tuple[Figure, int, Callable[[int], None]], stem: Path) -> tuple[list[Path], str]:
    """Write stem.gif, and stem.mp4 where there is an ffmpeg; the files, and a sentence if one is missing."""
    pictures = list(_pictures(*film))
    pause = [SECONDS / len(pictures)] * (len(pictures) - 1) + [REST]
    paths = [stem.with_name(f"{stem.name}.gif")]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    # one palette for all, or colours would flicker from picture to picture
    palette = Image.fromarray(pictures[-1]).quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    frames = [Image.fromarray(one).quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures]
    lasting = {"duration": [1000 * seconds for seconds in pause], "loop": 0}
    replace_file(
        paths[0],
        lambda file: frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], optimize=False, **lasting),
        durable=False,
    )
    program = shutil.which("ffmpeg")
    if program is None:
        return paths, NO_FFMPEG
    paths.append(stem.with_name(f"{stem.name}.mp4"))
    _encode(program, pictures, paths[-1])
    return paths, ""


def _scenes(tables: Tables) -> list[Scene]:
    # of the best point, as the outputs are
    spectra = of_first_probes(tables["spectra"].dropna(subset="frequency"), tables)
    scenes = []
    for run in kept_lines(tables)[:MOST]:
        own = spectra[(spectra["run_id"] == run.run_id) & (spectra["component"] == 0) & (spectra["frequency"] > 0)]
        # marks at which spectra were measured but nothing was kept have no curve beside them
        wide = own.pivot_table(index="mark", columns="frequency", values="amplitude").reindex(run.marks)
        target = own.groupby("frequency")["target_amplitude"].first()
        scenes.append(Scene(run, wide.columns.to_numpy(np.float64), target.to_numpy(np.float64), wide.to_numpy()))
    return scenes


def _frames(scenes: list[Scene]) -> list[float]:
    last = max(scene.run.costs[-1] for scene in scenes)
    # even steps of log cost: the first hundred passes take as long as the last ten thousand
    return [0.0, *np.unique(np.geomspace(1.0, max(last, 1.0), FRAMES - 1).round()).tolist()]


def _scene(left: Axes, right: Axes, scene: Scene) -> Callable[[float], None]:
    """Draw what stands still, and what moves at cost 0; how to move it."""
    run = scene.run
    left.plot(run.x[:, 0], run.target[:, 0], color=INK, lw=0.7, ls=(0, (1, 1)))
    (output,) = left.plot(run.x[:, 0], run.values[0, :, 0], color=LINES[0], lw=1.1)
    low, high = run.target[:, 0].min(), run.target[:, 0].max()
    # limits of the target for the whole film, as an axis that moves looks like motion of the curve
    left.set(xlim=(run.x.min(), run.x.max()), ylim=(low - 0.25 * (high - low), high + 0.25 * (high - low)))
    right.plot(scene.frequency, scene.target, color=INK, lw=0, marker="_", ms=9, mew=1.2)
    (found,) = right.plot(scene.frequency, scene.amplitude[0], color=LINES[0], lw=0.8, marker="o", ms=3)
    # a single frequency has no extent
    room = 0.06 * float(np.ptp(scene.frequency)) or 0.5
    right.set_xlim(scene.frequency.min() - room, scene.frequency.max() + room)
    right.set_ylim(0, _loudest(scene))
    for axes in (left, right):
        axes.tick_params(left=True, length=2)
        axes.locator_params(nbins=5)
        axes.spines[["top", "right"]].set_visible(False)

    def draw(cost: float) -> None:
        place = run.at(cost)
        output.set_ydata(run.values[place, :, 0])
        found.set_ydata(scene.amplitude[place])

    return draw


def _loudest(scene: Scene) -> float:
    """Where an axis of amplitudes ends: above all of the film, up to three times the target's largest."""
    most = float(scene.target.max()) if len(scene.target) else 1.0
    reached = 1.05 * float(np.nan_to_num(scene.amplitude).max(initial=0.0))
    return max(1.3 * most, min(reached, 3 * most))


def _explain(figure: Figure, page: float, shown: int, runs: pd.DataFrame) -> None:
    handles = [
        Line2D([], [], color=INK, lw=1, ls=(0, (1, 1)), label="target (its amplitudes: bars)"),
        Line2D([], [], color=LINES[0], lw=1.2, marker="o", ms=3, label="network: output over x, amplitude over k"),
    ]
    place = (LEFT / PAGE, 0.22 / page)
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=place, ncols=2, fontsize=6, frameon=False)
    of = runs["optimizer"].nunique()
    note = "the run with the lowest seed of each optimizer"
    note += f"; {shown} of {of} optimizers: name others with --optimizers" if of > shown else ""
    figure.text((LEFT + 0.04) / PAGE, 0.1 / page, note, size=6, color=GREY)


def _pictures(figure: Figure, frames: int, draw: Callable[[int], None]) -> Iterator[Pixels]:
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    for frame in range(frames):
        draw(frame)
        with house_style():
            canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib does not say
        rgba: Any = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # as above
        pixels = np.asarray(rgba)[..., :3]
        # the usual encoding of films wants even sides
        yield np.ascontiguousarray(pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2])


def _encode(program: str, pictures: list[Pixels], path: Path) -> None:
    rate = len(pictures) / SECONDS
    # a film has one rate, so the last picture rests by being repeated
    held = [*pictures, *[pictures[-1]] * round(REST * rate)]
    high, wide = pictures[0].shape[:2]
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{wide}x{high}", "-r", f"{rate:.3f}", "-i", "-"]
    words = [program, "-y", "-loglevel", "error", *given, "-pix_fmt", "yuv420p", str(path)]
    ended = subprocess.run(words, input=b"".join(one.tobytes() for one in held), capture_output=True, check=False)
    if ended.returncode:
        path.unlink(missing_ok=True)
        told = " ".join(ended.stderr.decode(errors="replace").split())
        raise ValueError(f"ffmpeg could not write '{path}': {told}. The GIF beside it is whole.")
