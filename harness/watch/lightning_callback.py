"""A watch as a callback of Lightning: `Trainer(callbacks=[WatchCallback(watch, inputs)])`."""

from collections.abc import Callable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import move_data_to_device

from harness.watch.arrays import check_tensors
from harness.watch.watch import Watch


class WatchCallback(Callback):
    """Measures at the start, after optimizer steps as marks come due, and at the end, and closes the watch.

    `inputs` is what the module is called with to predict all samples of the watch: a tensor, or a batch of any form
    whose tensors Lightning moves to the module's device; `forward(module, inputs)` is for modules that are called
    otherwise. A step is one of `trainer.global_step`. With several processes the first one
    watches. Raises ValueError for arrays of numpy."""

    def __init__(self, watch: Watch, inputs: Any, forward: Callable[[Any, Any], Any] | None = None) -> None:
        check_tensors(inputs)
        self._watch = watch
        self._inputs = inputs
        self._forward = forward or (lambda module, given: module(given))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure before the first step, or where the checkpoint stands that training goes on from."""
        if not trainer.is_global_zero:
            return
        self._watch.model = pl_module
        if trainer.global_step:
            self._watch(trainer.global_step - 1, lambda: self._predict(trainer, pl_module))
        else:
            self._watch.start(lambda: self._predict(trainer, pl_module))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure if a mark is due; batches between optimizer steps are none."""
        del outputs, batch, batch_idx
        # `global_step` counts finished steps, and a watch numbers them from 0
        if trainer.is_global_zero and trainer.global_step:
            self._watch(trainer.global_step - 1, lambda: self._predict(trainer, pl_module))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the run."""
        del pl_module
        if trainer.is_global_zero:
            self._watch.close()

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the run of a training without steps, of which nothing else tells."""
        self.on_train_end(trainer, pl_module)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Write what was measured."""
        del pl_module
        if trainer.is_global_zero:
            self._watch.fail(exception)

    def _predict(self, trainer: Trainer, module: Any) -> Any:
        """What the module says as in validation: in the precision of the training, and where it lies."""
        precision = trainer.precision_plugin
        inputs = precision.convert_input(move_data_to_device(self._inputs, module.device))
        with precision.val_step_context():
            return precision.convert_output(self._forward(module, inputs))
