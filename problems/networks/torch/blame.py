"""Whose fault it is when a module fails: what the user's code raises becomes one sentence, what ours raises stays."""

from collections.abc import Iterator
from contextlib import contextmanager

from problems.networks.torch.outputs import DoesNotFit


@contextmanager
def blaming(module: str, what: str) -> Iterator[None]:
    """Say that the module of this name does `what`, with whatever its code raises, and its traceback as the cause."""
    try:
        yield
    except ValueError as error:
        if type(error) in (ValueError, DoesNotFit) and error.__traceback__ is not None and _is_ours(error):
            raise
        raise DoesNotFit(_sentence(module, what, error)) from error
    except Exception as error:
        raise DoesNotFit(_sentence(module, what, error)) from error


def _sentence(module: str, what: str, error: Exception) -> str:
    said = " ".join(str(error).split())[:300].rstrip(".")
    return (
        f"The module '{module}' {what}: {type(error).__name__}: {said}. With --traceback (or "
        "FREQUENCY_HARNESS_TRACEBACK=1) its own traceback is shown."
    )


def _is_ours(error: BaseException) -> bool:
    """Whether this project raised it, and not the user's code or a library in it."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and str(traceback.tb_frame.f_globals.get("__name__", "")).startswith("problems.")
