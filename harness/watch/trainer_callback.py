"""A watch as a callback of transformers: `Trainer(..., callbacks=[WatchCallback(watch, inputs)])`."""

from collections.abc import Callable, Mapping
from typing import Any

from transformers import TrainerCallback

from harness.watch.arrays import check_tensors
from harness.watch.watch import Watch


class WatchCallback(TrainerCallback):
    """Measures at the start, after optimizer steps as marks come due, and at the end, and closes the watch.

    `inputs` is a tensor, or a mapping of tensors by name, for which the model predicts all samples of the watch; of its
    answer the `logits` are taken, or what `read(answer)` gives. With several processes the first one watches.
    Raises ValueError for what is no tensor."""

    def __init__(self, watch: Watch, inputs: Any, read: Callable[[Any], Any] | None = None) -> None:
        check_tensors(inputs, every=True)
        self._watch = watch
        self._inputs = inputs
        self._read = read or logits

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measure before the first step, or where the checkpoint stands that training goes on from."""
        del args, control
        if not state.is_world_process_zero:
            return
        self._watch.model = kwargs["model"]
        if state.global_step:
            self._watch(state.global_step - 1, lambda: self._predict(kwargs["model"]))
        else:
            self._watch.start(lambda: self._predict(kwargs["model"]))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measure if a mark is due."""
        del args, control
        # `global_step` counts finished steps, and a watch numbers them from 0
        if state.is_world_process_zero:
            self._watch(state.global_step - 1, lambda: self._predict(kwargs["model"]))

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Write the run."""
        del args, control, kwargs
        if state.is_world_process_zero:
            self._watch.close()

    def _predict(self, model: Any) -> Any:
        device = next(model.parameters()).device
        if isinstance(self._inputs, Mapping):
            return self._read(model(**{name: each.to(device) for name, each in self._inputs.items()}))
        return self._read(model(self._inputs.to(device)))


def logits(answer: Any) -> Any:
    """The scores in a model's answer, in each form that models give it."""
    if isinstance(answer, Mapping) and "logits" in answer:
        return answer["logits"]
    return getattr(answer, "logits", answer)
