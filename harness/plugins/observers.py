"""Observers as users write them: a class with settings, or a function that is asked at few marks."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.questions import OBSERVERS
from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from harness.tables import SCHEMA
from optimizers.user.signatures import shown
from problems.base import fixed
from problems.engines.base import Evaluator

FORM = (
    "a subclass of harness.run.marks.observer.Observer, or a function of a mark that returns a dict of columns, which "
    '@observer("name", columns={"column": "float64"}) declares'
)
KINDS = ("float64", "int64", "bool", "str")
TABLE = re.compile(r"[a-z][a-z0-9_]*")
OWN = ("run_id", "observer", "mark", "cost")


def no_columns(mark: Mark) -> Columns:
    """What stands for the function until it is given."""
    del mark
    return {}


@dataclass(frozen=True)
class Asked(Observer):
    """A function of the user's, asked at few marks, with a table of the observer's name."""

    name: str = fixed("")
    ask: Callable[[Mark], Columns] = field(default=no_columns, metadata={"fixed": True})
    # a dict has no hash; runs, which hold their observers, need one
    columns: Mapping[str, str] = field(default_factory=dict, metadata={"fixed": True}, hash=False)
    marks: int = 12
    """Log-spaced costs at which it is asked, besides the start and the end."""

    def __post_init__(self) -> None:
        # `list observers` shows the docstring of an instance; frozen, it can be set no other way
        object.__setattr__(self, "__doc__", inspect.getdoc(self.ask))

    @property
    def tables(self) -> Mapping[str, Types]:
        return {table_of(self.name): {"mark": "int64", "cost": "float64", **self.columns}}

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        del evaluator
        return AtFewMarks(table_of(self.name), log_marks(subject.budget, self.marks), self.ask)


def table_of(name: str) -> str:
    """The name of an observer as that of a table: `my-norm` has the table `my_norm`."""
    return re.sub(r"\W", "_", name.lower())


def adapt(name: str, foreign: Any, columns: Mapping[str, str] | Iterable[str] = ()) -> Observer:
    """An entry of `OBSERVERS` for `foreign`; raises ValueError if its form, or a table of its, will not do."""
    observer = _of_form(name, foreign, _types(columns))
    try:
        tables = {str(table): {str(name): types[name] for name in types} for table, types in observer.tables.items()}
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ValueError(f"The tables of the observer '{name}' are not {{table: {{column: type}}}}; {said}") from error
    if not tables:
        raise ValueError(f"The observer '{name}' writes no table; declare one, with its columns, in `tables`.")
    for table, types in tables.items():
        _check_table(name, table, types)
    return observer


def _of_form(name: str, foreign: Any, columns: Mapping[str, str]) -> Observer:
    a_class = isinstance(foreign, type)
    if isinstance(foreign, Observer) or (a_class and issubclass(foreign, Observer)):
        if columns:
            raise ValueError(f"The observer '{name}' is a class, which declares its columns in `tables`.")
        made = _made(name, foreign) if a_class else foreign
        if made.name != name:
            raise ValueError(f"The observer is called '{made.name}' in its class, and '{name}' in @observer.")
        return made
    if not callable(foreign) or a_class:
        raise ValueError(f"The observer '{name}' must be {FORM}; got {shown(foreign)}.")
    try:
        inspect.signature(foreign).bind(None)
    except (TypeError, ValueError):
        raise ValueError(f"The observer '{name}' must be {FORM}; it takes other arguments.") from None
    if not columns:
        raise ValueError(f"The observer '{name}' must be {FORM}; no columns are declared.")
    taken = [column for column in columns if column in OWN]
    if taken:
        raise ValueError(f"Columns of the observer '{name}' stand beside {', '.join(OWN)}; got {taken[0]} once more.")
    return Asked(name=name, ask=foreign, columns=columns)


def _made(name: str, foreign: type[Observer]) -> Observer:
    # the name in the decorator stands for the property that the contract asks for
    abstract = "name" in getattr(foreign, "__abstractmethods__", ())
    whole: Any = type(foreign.__name__, (foreign,), _looks(foreign) | {"name": name}) if abstract else foreign
    try:
        made: Observer = whole()
    except TypeError as error:
        raise ValueError(f"The observer '{name}' needs a default for each of its settings; {error}.") from None
    return made


def _looks(foreign: type) -> dict[str, Any]:
    return {key: getattr(foreign, key) for key in ("__module__", "__qualname__", "__doc__")}


def _types(columns: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    return dict(columns) if isinstance(columns, Mapping) else dict.fromkeys(columns, "float64")


def _check_table(name: str, table: str, types: Mapping[str, str]) -> None:
    if not TABLE.fullmatch(table):
        raise ValueError(f"A table is named in small letters, digits and _; the observer '{name}' has '{table}'.")
    # tables of a run lie in one store by name, so two observers may not share one
    others = (other for other in OBSERVERS.values() if other.name != name)
    if table in SCHEMA or any(table in other.tables for other in others):
        raise ValueError(f"The table '{table}' of the observer '{name}' is there already; choose another name.")
    for column, kind in types.items():
        if kind not in KINDS or column in OWN[:2]:
            raise ValueError(
                f"Columns of the observer '{name}' have one of the types {', '.join(KINDS)}, and none is called "
                f"{' or '.join(OWN[:2])}; got {column!r}: {kind!r}."
            )
