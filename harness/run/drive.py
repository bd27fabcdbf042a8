"""Let a method move until its run ends."""

import warnings
from contextlib import suppress
from typing import Any

import numpy as np

from harness.run.metering.account import EndIgnored
from harness.run.metering.tensors import AnyMeter
from optimizers.base import Optimizer, Streams
from optimizers.isolation import seeded


def drive(method: Optimizer, meter: AnyMeter, theta0: Any, rng: Streams) -> tuple[str, str]:
    """Let `method` move from `theta0` until it ends; the status and a sentence on why.

    An exception other than the meter's own propagates. Floating-point warnings are expected on the way to infinity and
    are silenced here, for the run alone. Whoever draws from a global generator draws the same in each run of a seed."""
    with seeded(rng):
        return _driven(method, meter, theta0, rng)


def _driven(method: Optimizer, meter: AnyMeter, theta0: Any, rng: Streams) -> tuple[str, str]:
    meter.start(theta0)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            method.minimize(meter, theta0, rng)
    # and no other BaseException: an interrupt is for the study, and leaves no row
    except (Exception, EndIgnored):
        if meter.account.stop is None:
            with suppress(Exception):  # the first error is the one to report
                meter.finish()
            raise
    meter.finish()
    # and not the exception: libraries catch it, or wrap it in one of their own
    stop = meter.account.stop or meter.account.returned(np.append(meter.last_loss, meter.best_loss))
    return stop.status, str(stop)
