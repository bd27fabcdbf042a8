"""The contract of a recipe: a problem before its data exist."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from problems.base.problem import Problem


def fixed(default: Any) -> Any:
    """A recipe field that describes the problem and is no setting of the user's."""
    return field(default=default, metadata={"fixed": True})


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """A problem before its data exist, with its settings as fields.

    Concrete classes are final; a registry holds instances, and a preset is an instance with other settings."""

    random_data: ClassVar[bool] = False
    """Whether the data differ from seed to seed."""
    pictures: ClassVar[bool] = False
    """Whether its inputs are the pixels of pictures."""
    watch_words: ClassVar[tuple[str, ...]] = ()
    """What `watch` may be beside frequencies."""
    origin: ClassVar[str] = ""
    """What identifies the file or package that brought it; empty for our own."""
    plugin_file: ClassVar[str] = ""
    """The user's file that brought it, if one did."""

    about: str = fixed("")
    """One sentence: what it is and where it comes from."""
    budget: int = fixed(60_000)
    """Default budget of one run, in forward passes over the training set."""
    network: str = "1-40-1"
    activation: str = "tanh"
    init: str = "pytorch-uniform"
    loss: str = "mse"
    dtype: str = "float64"
    watch: str = ""
    """Frequencies to watch in place of the problem's own choice, such as `1,5`; empty for that choice."""

    @property
    def lane_group(self) -> "Recipe":
        """Equal for recipes that build problems with the same inputs, network and loss: they may share one batch."""
        return self

    def heed(self, asked: Collection[str]) -> None:
        """Raises ValueError if one of the settings `asked` for would be passed over, as another makes it idle."""
        del asked  # what most recipes take they use

    @abstractmethod
    def build(self, rng: np.random.Generator) -> Problem:
        """The problem. Only data are drawn from `rng`; weights are drawn later, by `network.theta0`."""
