"""Settings with several values: what `--vary` says, and the crossing of all values with each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple, TypeAlias, TypeVar

from harness.run.given import agreed
from harness.run.spec import find_optimizer, find_problem, override
from optimizers.base import Optimizer
from problems.base import Recipe

T = TypeVar("T")
Owned: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Settings by the name of an optimizer or problem."""
PROBLEM = "problem"
"""What owns the settings of a comparison's problem, whatever its name."""

MOST_VALUES = 1000
FORM = (
    "Values to cross are written OWNER.SETTING=A,B,C or OWNER.SETTING=1..30, with ';' between values that have commas "
    "of their own"
)
LISTS = ("columns", "levels", "watch")
"""Settings of a problem of which one value is a list: whether `a,b` is one or two cannot be known."""


def read_varied(texts: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """`["problem.k=1..3"]` as `{"problem": {"k": ["1", "2", "3"]}}`; raises ValueError for another form."""
    varied: dict[str, dict[str, list[str]]] = {}
    for text in texts:
        target, equals, values = text.partition("=")
        owner, dot, name = target.strip().rpartition(".")
        chosen = _values(values)
        if not (equals and dot and owner and name and chosen):
            raise ValueError(f"{FORM}; got '{text}'.")
        if name in LISTS and len(chosen) > 1 and ";" not in values:
            raise ValueError(
                f"A value of {name} may have commas of its own. Put ';' between values: '{target}={';'.join(chosen)}' "
                f"for {len(chosen)} of them, '{target}={values};' for one; got '{text}'."
            )
        varied[owner] = agreed(owner, varied.get(owner, {}), {name: chosen})
    return varied


def variants(
    owner: str, instance: T, varied: Mapping[str, Iterable[Any]], given: Mapping[str, Any] | None = None
) -> list[T]:
    """`instance` with every combination of the `varied` settings, the last one changing fastest.

    All have the settings `given`. Raises ValueError for one that is given and varied."""
    names, given = list(varied), given or {}
    for name in (name for name in names if name in given):
        raise ValueError(
            f"A setting has one value, or several to cross; got '{owner}.{name}' both ways, as {given[name]} and to "
            "cross. Leave one out."
        )
    choices = [_listed(owner, name, varied[name]) for name in names]
    combinations = product(*choices)
    # all at once: the name of a network stands for settings, of which a given one stays
    found = [override(owner, instance, {**given, **dict(zip(names, values, strict=True))}) for values in combinations]
    if not found:
        raise ValueError(f"{FORM}; of {owner}, some setting has no value.")
    # a value that is given twice, also where it is spelled in two ways, is one configuration with its runs once
    return list(dict.fromkeys(found))


class Several(NamedTuple):
    """A method in each of its settings, and which of them somebody has chosen, here or in a file."""

    methods: list[Optimizer]
    chosen: frozenset[str]


def crossed_methods(names: Iterable[str], settings: Owned, varied: Owned, kept: Owned) -> dict[str, Several]:
    """The methods of these names with `settings`, crossed with `varied`; both go before those `kept` in a file.

    Raises as `variants` does, and ValueError for a name that nothing has."""
    found: dict[str, Several] = {}
    for name in names:
        crossed = varied.get(name, {})
        of_file = {key: value for key, value in kept.get(name, {}).items() if key not in crossed}
        given = {**of_file, **settings.get(name, {})}
        methods = variants(name, find_optimizer(name), crossed, given)
        found[name] = Several(methods, frozenset({*given, *crossed}))
    return found


def crossed_recipes(problem: str, settings: Owned, varied: Owned, options: Mapping[str, Any]) -> list[Recipe]:
    """The recipe of a problem with its `settings` and `options`, crossed with `varied`; raises as `variants` does.

    A problem goes by its own name and by the word `problem`."""
    recipe = find_problem(problem)
    given = agreed(PROBLEM, settings.get(PROBLEM, {}), settings.get(problem, {}), options)
    return variants(problem, recipe, agreed(PROBLEM, varied.get(PROBLEM, {}), varied.get(problem, {})), given)


def _listed(owner: str, name: str, values: Any) -> list[Any]:
    # the letters of a text are no values
    listed = isinstance(values, Iterable) and not isinstance(values, str)
    if not listed:
        raise ValueError(f"Values to cross of {owner}.{name} are a list, such as [1, 2]; got {values!r}.")
    return [tuple(value) if isinstance(value, list) else value for value in values]


def _values(text: str) -> list[str]:
    parts = text.split(";") if ";" in text else list(_outside_brackets(text))
    return [value for part in parts if part.strip() for value in _range(part.strip())]


def _outside_brackets(text: str) -> Iterator[str]:
    """The parts between commas, where `fourier(16,1)` is one."""
    depth, part = 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth <= 0:
            yield part
            part = ""
        else:
            part += letter
    yield part


def _range(text: str) -> list[str]:
    first, dots, last = text.partition("..")
    if not (dots and first.isdecimal() and last.isdecimal()):
        return [text]
    values = range(int(first), int(last) + 1)
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError(f"A range goes up, by at most {MOST_VALUES} values; got '{text}'.")
    return [str(value) for value in values]
