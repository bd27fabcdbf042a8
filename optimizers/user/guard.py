"""Between a method of the user's and its objective: what would go wrong later, or in silence, is said at once."""

import os
import signal
import threading
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from optimizers.base import Doubles, Objective


class Guard:
    """The objective, for real points of the right length, in the thread and the process of the run.

    Points are of the precision of the start, float64 but for methods of any precision; of a method that takes tensors,
    they are tensors, of which nothing is copied to be looked at."""

    def __init__(self, objective: Objective, theta0: Doubles) -> None:
        self._objective = objective
        self.dim, self.layout, self.n_samples = objective.dim, objective.layout, objective.n_samples
        self._lanes = tuple(theta0.shape[:-1])
        self._kind, self._dtype = type(theta0), theta0.dtype
        self._home = os.getpid(), threading.get_ident()
        self.breach: ValueError | None = None
        """What was wrong with a call from elsewhere, whose exception the run may never have seen."""
        self.over = False
        """Whether the run has ended: what is kept of it would be counted where nobody looks."""

    def value(self, theta: Doubles) -> Any:
        return self._objective.value(self._checked(theta, 1))

    def value_and_grad(self, theta: Doubles) -> tuple[Any, Doubles]:
        return self._objective.value_and_grad(self._checked(theta, 1))

    def values(self, thetas: Doubles) -> Doubles:
        return self._objective.values(self._checked(thetas, 2))

    def values_and_grads(self, thetas: Doubles) -> tuple[Doubles, Doubles]:
        return self._objective.values_and_grads(self._checked(thetas, 2))

    def batch_value_and_grad(self, theta: Doubles, rows: NDArray[np.intp]) -> tuple[Any, Doubles]:
        return self._objective.batch_value_and_grad(self._checked(theta, 1), self._checked_rows(rows))

    def residuals_and_jacobian(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        return self._objective.residuals_and_jacobian(self._checked(theta, 1))

    def hvp(self, theta: Doubles, vector: Doubles) -> Doubles:
        return self._objective.hvp(self._checked(theta, 1), self._checked(vector, 1))

    def initial(self, rng: np.random.Generator) -> Doubles:
        return self._objective.initial(rng)

    def evaluations_left(self, need: Literal["value", "gradient"]) -> int:
        if need not in ("value", "gradient"):
            raise ValueError(f"Evaluations are left of a 'value' or a 'gradient'; got {need!r}.")
        return self._objective.evaluations_left(need)

    def leave(self, lanes: NDArray[np.bool_]) -> None:
        if self._kind is not np.ndarray:
            self._objective.leave(lanes)
        mask, wanted = np.asarray(lanes), self._lanes or (1,)
        if mask.dtype != bool or mask.shape != wanted:
            raise ValueError(
                f"leave takes an array of true and false, of shape {wanted}, true where a lane has converged; got "
                f"{mask.dtype} of shape {mask.shape}."
            )
        self._objective.leave(mask)

    def __getattr__(self, name: str) -> NoReturn:
        offered = ", ".join(part for part in ("dim", "layout", "n_samples", *vars(Guard)) if not part.startswith("_"))
        raise AttributeError(f"An objective has no '{name}'. It has: {offered}.")

    def __reduce__(self) -> NoReturn:
        # a pool of processes begins by pickling what it is given
        raise ValueError("An objective stays in its process: evaluate there, one point or a population at a time.")

    def _checked(self, points: Any, axes: int) -> Doubles:
        if (os.getpid(), threading.get_ident()) != self._home:
            where = "process" if os.getpid() != self._home[0] else "thread"
            self.breach = ValueError(
                f"A point was evaluated in another {where}. Evaluate in the {where} of the run alone, one point or a "
                "population at a time: elsewhere it could be neither counted nor stopped."
            )
        if self.breach is not None:
            raise self.breach
        if self.over:
            raise ValueError(
                "A point was evaluated by the objective of a run that has ended. Evaluate with the one that each run "
                "is given, and keep nothing of a run for the next."
            )
        # subclasses are converted as well: a matrix has two axes for ever, a masked array hides numbers
        if type(points) is not self._kind or points.dtype != self._dtype:
            points = self._converted(points)
        if points.ndim != axes + len(self._lanes) or points.shape[-1] != self.dim:
            axes_wanted = (*self._lanes, *("S",) * (axes - 1), self.dim)
            raise ValueError(
                f"A point has as many numbers as the network has parameters: an array of shape "
                f"({', '.join(map(str, axes_wanted))}{',' * (len(axes_wanted) == 1)}) is wanted; "
                f"got {tuple(points.shape)}."
            )
        if 0 in points.shape:  # it would cost nothing, and a loop of it never end
            raise ValueError(f"A population has at least one point; got an array of shape {points.shape}.")
        return points

    def _checked_rows(self, rows: Any) -> NDArray[np.intp]:
        """Evaluators lay samples out with a margin: a row outside of them would be read there."""
        if self._kind is not np.ndarray:
            return rows  # a tensor of the device
        found = np.asarray(rows)
        whole = found.dtype.kind in "iu" and found.ndim == 1 + len(self._lanes) and found.size
        if not whole or found.min() < 0 or found.max() >= self.n_samples:
            shape = f"({', '.join(map(str, (*self._lanes, 'k')))})" if self._lanes else "(k,)"
            got = f"numbers from {found.min()} to {found.max()}" if whole else f"{found.dtype} of shape {found.shape}"
            raise ValueError(
                f"The samples of a minibatch are whole numbers from 0 to {self.n_samples - 1}, an array of shape "
                f"{shape}, of a mask np.flatnonzero(mask); got {got}."
            )
        return found.astype(np.intp, copy=False)

    def _converted(self, points: Any) -> Doubles:
        if self._kind is not np.ndarray:
            raise ValueError(
                f"A point is what the start is, a {self._kind.__name__} of {self._dtype}; got "
                f"{type(points).__name__} of {getattr(points, 'dtype', 'no precision')}."
            )
        try:
            array = np.asarray(points)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"A point is an array of numbers, float64; got {type(points).__name__}: {error}"
            ) from error
        if array.dtype.kind not in "fiub":  # floats, whole numbers with and without sign, booleans
            raise ValueError(
                f"A point must be made of real numbers, float64; got {type(points).__name__} of {array.dtype}."
            )
        return np.asarray(array, self._dtype)


def run_guarded(minimize: Any, objective: Objective, theta0: Doubles, rng: Any) -> None:
    """Let `minimize` run between guards; raises ValueError if it leaves the process or evaluates elsewhere."""
    guard = Guard(objective, theta0)
    where = Path.cwd()
    try:
        minimize(guard, theta0, rng)
    except (SystemExit, GeneratorExit, KeyboardInterrupt) as error:
        # in a worker no interrupt of the user's arrives
        if isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            raise
        word = "sys.exit" if isinstance(error, SystemExit) else type(error).__name__
        raise ValueError(
            f"The method ended the whole process ({word}). Return to say that it has converged."
        ) from error
    except Exception as error:
        # a thread that was refused has left nothing behind, and what that leads to is not the fault
        if guard.breach is not None and error is not guard.breach:
            raise guard.breach from error
        raise
    finally:
        # the study writes to paths that may be relative
        if Path.cwd() != where:
            os.chdir(where)
        guard.over = True
    if guard.breach is not None:
        raise guard.breach
