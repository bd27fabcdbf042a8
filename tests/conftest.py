"""What every test may rely on: one thread, as runs have, and registries without what another test has put in."""

import os
import sys
from functools import cache
from pathlib import Path

import pytest

# On a busy machine the numerical libraries' own threads are 50 times slower.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
# A process of xdist's calls its output 80 letters wide, which tables would be made to fit.
os.environ.pop("COLUMNS", None)

from harness.plugins import files, loading


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of a module that share something dear go to one process, which makes it once; the others go anywhere."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  # who runs tests in one process may lack it

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            module = nodeid.partition("::")[0]
            return module if _shares(config.rootpath / module) else nodeid

    return Scheduling(config, log)


@cache
def _shares(module: Path) -> bool:
    return 'scope="module"' in module.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _registries_as_they_were():
    """Plugins that a test has loaded are gone after it, with the folders they were found in."""
    kept = [(registry, dict(registry)) for registry in (*map(loading.registry_of, loading.ROOMS), loading._loaded)]
    search, folders = list(sys.path), list(files._folders)
    yield
    for registry, content in kept:
        if registry != content:
            registry.clear()
            registry.update(content)
    if entered := files._folders[len(folders) :]:
        for name in files._modules_of(entered):
            del sys.modules[name]
        del files._folders[len(folders) :]
    sys.path[:] = search
