"""Loading a plugin, here or in another process: what its decorators register belongs to the file being loaded."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from harness.plugins.files import fingerprint, forget_siblings, run_file, together
from harness.plugins.session import FLEETING, origin_of_caller
from harness.run.spec import canonical, origin_of, settings_of
from optimizers.base import Doubles, Objective, Streams
from optimizers.user.guard import run_guarded
from optimizers.user.signatures import shown

Kind: TypeAlias = Literal["optimizer", "problem", "probe", "observer"]
T = TypeVar("T")

ROOMS: dict[Kind, tuple[str, str]] = {
    "optimizer": ("optimizers", "OPTIMIZERS"),
    "problem": ("problems", "PROBLEMS"),
    "probe": ("problems.probes.by_name", "PROBES"),
    "observer": ("harness.questions", "OBSERVERS"),
}
"""Where the registry of each kind stands; that of observers is too heavy for words that ask for none."""
DOORS: dict[Kind, Callable[[str], Callable[[Any], Any]]] = {}
"""The decorators, entered by the module that has them: what a package brings without them goes through them, too."""
GROUP = "frequency_harness.{}s"
"""The entry points of a kind."""


@dataclass(frozen=True)
class Plugin:
    """A loaded file, and the names that it has registered."""

    path: str
    content: str
    """sha256 of the file."""
    siblings: dict[str, str] = field(default_factory=dict)
    """Path and sha256 of each module of its folder that it imports."""
    names: dict[Kind, list[str]] = field(default_factory=lambda: {kind: [] for kind in ROOMS})


def registry_of(kind: Kind) -> dict[str, Any]:
    """What is registered of a kind, by name."""
    module, name = ROOMS[kind]
    registry: dict[str, Any] = getattr(import_module(module), name)
    return registry


TAKEN = "is taken by another"
_loaded: dict[str, Plugin] = {}
_loading: list[Plugin] = []
"""The file being loaded, if any: what decorators register belongs to it."""


def load(path: str | Path) -> Plugin:
    """Run the file, which registers what it decorates; a file that is loaded already is not run again.

    Raises ValueError, saying what is wrong with the file."""
    resolved = Path(path).resolve()
    content = fingerprint(resolved)
    known = _loaded.get(str(resolved))
    # asked of its siblings as well: a study that goes on must not mix two versions
    if known is not None and known.content == content and all(map(_unchanged, known.siblings.items())):
        return known
    if known is not None:
        _forget(known)
        del _loaded[str(resolved)]  # or it would be taken for a copy of itself below
    twin = next((plugin for plugin in _loaded.values() if plugin.content == content), None)
    if twin is not None:  # a copy of it, as studies keep
        return twin
    plugin = Plugin(str(resolved), content)
    with _under(plugin):
        # while it runs, decorators register under it; only then is it known what it has imported
        plugin.siblings.update(run_file(resolved, content))
        _settle_identity(plugin)
    if not any(plugin.names.values()):
        raise ValueError(
            f"The plugin '{path}' registers nothing. Decorate a method with @optimizer(\"name\"), a problem with "
            '@problem("name"), a probe with @probe("name") or an observer with @observer("name"), all from harness.'
        )
    _loaded[str(resolved)] = plugin
    return plugin


def files_of(origins: AbstractSet[str]) -> dict[Path, list[Path]]:
    """The loaded files from which what has these origins comes, each with the modules beside it that it imports."""
    return {
        Path(plugin.path): list(map(Path, plugin.siblings))
        for plugin in _loaded.values()
        if together(plugin.content, plugin.siblings) in origins
    }


def load_installed() -> None:
    """Register what installed packages offer under the entry-point groups; names of our own win."""
    for kind in ROOMS:
        for entry in entry_points(group=GROUP.format(kind)):
            if entry.name not in registry_of(kind):
                origin = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
                with _under(Plugin("", origin)):
                    DOORS[kind](entry.name)(entry.load())


def rebuild(path: str, kind: Kind, name: str, settings: dict[str, Any], origin: str) -> Any:
    """In another process: what is registered under this name, with these settings.

    Raises ValueError if it is not of this origin: the run would bear the identity of another."""
    if path:
        load(path)
    else:
        load_installed()
    found = registry_of(kind).get(name)
    if found is None and origin.startswith(FLEETING):
        raise ValueError(
            f"'{name}' was registered in a session that other processes do not see, such as a notebook. Take jobs=1, "
            "or write it into a file: a script, or a plugin."
        )
    if found is None or type(found).origin != origin:
        raise ValueError(
            f"'{path or name}', or a module that it imports, has changed since the study was started, so '{name}' is "
            "another method or problem now. What is finished is kept; start the same command again."
        )
    return replace(found, **settings)


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


def register(kind: Kind, name: str, instance: Any) -> None:
    """Enter a dataclass into the registry of its kind; raises ValueError for a name that is taken."""
    registry = registry_of(kind)
    # a cell of a notebook that is run again defines anew what it has defined
    if name in registry and not (not _loading and origin_of(registry[name]).startswith(FLEETING)):
        raise ValueError(f"The name '{name}' {TAKEN} {kind}. Choose another name.")
    if is_dataclass(instance):
        _check_settings(kind, name, instance)
    plugin = _loading[-1] if _loading else Plugin("", origin_of_caller())
    registry[name] = _portable(kind, name, instance, plugin)
    plugin.names[kind].append(name)


def _check_settings(kind: Kind, name: str, instance: Any) -> None:
    """Raise ValueError for a setting that cannot be a part of a run's identity."""
    for setting, value in settings_of(instance).items():
        try:
            hash(value)
            canonical(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"The settings of the {kind} '{name}' are numbers, text, true or false, None, and tuples of them; "
                f"'{setting}' is {shown(value)}."
            ) from None


def _portable(kind: Kind, name: str, instance: T, plugin: Plugin) -> T:
    """The same, of a class of its own that says where it comes from and travels by name."""
    original = type(instance)

    def reduce(self: Any) -> tuple[Any, ...]:
        # by file and name: a class that is made here cannot be found by another process
        settings = {spec.name: getattr(self, spec.name) for spec in fields(self) if _plain(spec)}
        return rebuild, (plugin.path, kind, name, settings, type(self).origin)

    # a class of its own, as two files may hand in one class, which has one `origin`
    namespace = {"origin": plugin.content, "__reduce__": reduce, "__doc__": original.__doc__}
    if kind == "problem":
        namespace["plugin_file"] = plugin.path
    if kind == "optimizer":
        namespace["minimize"] = _guarded(original)
    namespace |= {"__module__": original.__module__, "__qualname__": original.__qualname__}
    portable = type(original.__name__, (original,), namespace)
    made: T = portable(**{spec.name: getattr(instance, spec.name) for spec in fields(instance) if spec.init})  # type: ignore[arg-type]  # all kinds are dataclasses
    return made


def _guarded(original: Any) -> Callable[..., None]:
    def minimize(self: Any, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        run_guarded(partial(original.minimize, self), objective, theta0, rng)

    return minimize


def _plain(spec: Any) -> bool:
    """Whether a field is a setting; the others are made by the file itself."""
    return spec.init and not spec.metadata.get("fixed")


def _settle_identity(plugin: Plugin) -> None:
    """A run of what was registered depends on the modules that were loaded since, too."""
    for kind, names in plugin.names.items():
        for name in names:
            type(registry_of(kind)[name]).origin = together(plugin.content, plugin.siblings)


def _unchanged(sibling: tuple[str, str]) -> bool:
    path, content = sibling
    return Path(path).is_file() and fingerprint(Path(path)) == content


def _forget(plugin: Plugin) -> None:
    forget_siblings(plugin.siblings)
    for kind, names in plugin.names.items():
        for name in names:
            registry_of(kind).pop(name, None)
