"""A study on a cluster: Dask's scheduler and workers, behind the interface of any executor.

Whoever reaches a Dask scheduler may run code on its workers, so a cluster that is started here listens on loopback.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

LOCAL = "local"
LOOPBACK = "127.0.0.1"
ANY_PORT = f"{LOOPBACK}:0"
FORM = "--dask takes 'local', or the address of a scheduler such as tcp://10.0.0.1:8786 or tls://...; got '{}'."
WHAT_NOW = (
    "Start one with: dask scheduler. One that uses certificates is named tls://..., and they stand in ~/.config/dask/ "
    "here, too (docs/howto-studies.md); any other is named tcp://..."
)
DEATHS = 1
"""Workers that a run may take with it before its next one is its last."""


@contextmanager
def dask_executor(address: str, workers: int, **security: Any) -> Iterator[Executor]:
    """The executor of the cluster at `address`, or of `workers` processes on this machine for `local`.

    `security` is passed on to Dask's client. Raises ValueError if there is no such cluster, or no Dask."""
    try:
        import distributed  # noqa: PLC0415  # an optional library
    except ModuleNotFoundError:
        raise ValueError("--dask needs the library distributed: pip install 'frequency-harness[cluster]'") from None
    if address == LOCAL:
        with _local(distributed, workers) as cluster, distributed.Client(cluster) as client:
            # a pure call may be answered with the end of an earlier one of equal arguments, and these write files
            yield client.get_executor(pure=False)
        return
    if not address.startswith(("tcp://", "tls://", "ws://", "wss://", "ucx://", "inproc://")):
        raise ValueError(FORM.format(address))
    try:
        client = distributed.Client(address, **({"timeout": "10s"} | security))
    # the latter two where Dask lacks certificates, or is told to use them
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"There is no Dask scheduler at '{address}': {error}. {WHAT_NOW}") from None
    # what is lost is told by whoever asked for it, and no traceback beside it
    loud = logging.getLogger("distributed.client").level
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        with client:
            yield client.get_executor(pure=False)
    finally:
        logging.getLogger("distributed.client").setLevel(loud)


@contextmanager
def _local(distributed: Any, workers: int) -> Iterator[Any]:
    import dask  # noqa: PLC0415  # comes with distributed

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host=LOOPBACK,
            dashboard_address=ANY_PORT,
            worker_dashboard_address=ANY_PORT,
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        yield cluster
