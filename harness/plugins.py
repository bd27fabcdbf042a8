"""The door for methods and problems of the user's own: a Python file, or an installed package with entry points.

    from harness import optimizer, problem

    @optimizer("mine")
    def minimize(fun, x0, jac, lr=0.1):
        ...

What is registered travels to worker processes as the file's path and a name, and is loaded there anew; the hash of the
file is part of the identity of every run.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from optimizers import OPTIMIZERS
from optimizers.user_methods import adapt as adapt_optimizer
from problems import PROBLEMS
from problems.base import Recipe
from problems.user_problems import adapt as adapt_problem

Kind: TypeAlias = Literal["optimizer", "problem"]
T = TypeVar("T")

GROUPS: dict[Kind, str] = {"optimizer": "frequency_harness.optimizers", "problem": "frequency_harness.problems"}
REGISTRIES: dict[Kind, dict[str, Any]] = {"optimizer": OPTIMIZERS, "problem": PROBLEMS}


@dataclass(frozen=True)
class Plugin:
    """A loaded file, and the names that it has registered."""

    path: str
    content: str
    names: dict[Kind, list[str]] = field(default_factory=lambda: {"optimizer": [], "problem": []})


_loaded: dict[str, Plugin] = {}
_loading: list[Plugin] = []
"""The file being loaded, if any: what decorators register belongs to it."""


def optimizer(name: str, *, tune: Mapping[str, tuple[float, float]] | None = None) -> Callable[[T], T]:
    """Decorate a method in one of the forms of `optimizers.user_methods`; `tune` gives ranges of its settings."""

    def register(foreign: T) -> T:
        _register("optimizer", name, adapt_optimizer(name, foreign, tune))
        return foreign

    return register


def problem(name: str, *, like: str | Recipe = "sin135") -> Callable[[T], T]:
    """Decorate a problem in one of the forms of `problems.user_problems`; a torch module takes the data of `like`."""

    def register(foreign: T) -> T:
        recipe = PROBLEMS[like] if isinstance(like, str) else like
        _register("problem", name, adapt_problem(name, foreign, recipe))
        return foreign

    return register


def load(path: str | Path) -> Plugin:
    """Run the file, which registers what it decorates; a file that is loaded already is not run again.

    Raises ValueError, saying what is wrong with the file."""
    resolved = Path(path).resolve()
    try:
        content = hashlib.sha256(resolved.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"A plugin is a Python file; '{path}' cannot be read: {error.strerror or error}.") from None
    known = _loaded.get(str(resolved))
    if known is not None and known.content == content:
        return known
    if known is not None:
        _forget(known)
    plugin = Plugin(str(resolved), content)
    with _under(plugin):
        _run(resolved, content)
    _loaded[str(resolved)] = plugin
    if not any(plugin.names.values()):
        raise ValueError(
            f"The plugin '{path}' registers nothing. Decorate a method with @optimizer(\"name\") or a problem with "
            '@problem("name"), both from harness.'
        )
    return plugin


def load_installed() -> None:
    """Register what installed packages offer under the entry-point groups; names of our own win."""
    for kind, group in GROUPS.items():
        for entry in entry_points(group=group):
            if entry.name not in REGISTRIES[kind]:
                origin = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
                with _under(Plugin("", origin)):
                    register = optimizer(entry.name) if kind == "optimizer" else problem(entry.name)
                    register(entry.load())


def rebuild(path: str, kind: Kind, name: str, settings: dict[str, Any]) -> Any:
    """In another process: the registered method or recipe, with these settings."""
    if path:
        load(path)
    else:
        load_installed()
    return replace(REGISTRIES[kind][name], **settings)


@contextmanager
def _under(plugin: Plugin) -> Iterator[None]:
    _loading.append(plugin)
    try:
        yield
    except BaseException:
        _forget(plugin)
        raise
    finally:
        _loading.pop()


def _run(path: Path, content: str) -> None:
    name = f"frequency_harness_plugin_{path.stem}_{content[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"A plugin is a Python file whose name ends in .py; got '{path}'.")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        if isinstance(error, ValueError):
            raise
        raise ValueError(f"The plugin '{path}' cannot be loaded: {type(error).__name__}: {error}.") from error


def _register(kind: Kind, name: str, instance: Any) -> None:
    registry = REGISTRIES[kind]
    if name in registry:
        raise ValueError(f"The name '{name}' is taken by another {kind}. Choose another name.")
    if _loading:
        plugin = _loading[-1]
        instance = _portable(kind, name, instance, plugin)
        plugin.names[kind].append(name)
    registry[name] = instance


def _portable(kind: Kind, name: str, instance: T, plugin: Plugin) -> T:
    """The same, of a class of its own that says where it comes from and travels by name."""
    original = type(instance)

    def reduce(self: Any) -> tuple[Any, ...]:
        return rebuild, (plugin.path, kind, name, {s.name: getattr(self, s.name) for s in fields(self) if _plain(s)})

    namespace = {"origin": plugin.content, "__reduce__": reduce, "__doc__": original.__doc__}
    namespace |= {"__module__": original.__module__, "__qualname__": original.__qualname__}
    portable = type(original.__name__, (original,), namespace)
    made: T = portable(**{spec.name: getattr(instance, spec.name) for spec in fields(instance)})  # type: ignore[arg-type]  # both kinds are dataclasses
    return made


def _plain(spec: Any) -> bool:
    """Whether a field is a setting; the others are made by the file itself."""
    return spec.init and not spec.metadata.get("fixed")


def _forget(plugin: Plugin) -> None:
    for kind, names in plugin.names.items():
        for name in names:
            REGISTRIES[kind].pop(name, None)
