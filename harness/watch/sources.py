"""Where the data of a watch come from: from the user's arrays, or from a problem of the house by its name."""

from inspect import signature
from typing import Any

import numpy as np

from harness.run.spec import find_problem, stream
from harness.watch.arrays import Numbers, finite, precision_of
from harness.watch.identity import Terms, labels
from harness.watch.watched import PRINCIPAL, Data, shapes_of, understand
from problems import PROBLEMS
from problems.networks.registered import is_lazy

SINGLE = 1e-6
"""Share of the largest number by which data in single precision may differ."""


def check_model(model: Any) -> None:
    """Raise ValueError for what is neither a torch module nor None."""
    is_module = callable(getattr(model, "named_modules", None)) and not isinstance(model, type)
    if model is not None and not is_module:
        what = f"the class {model.__name__}" if isinstance(model, type) else f"{type(model).__name__}"
        raise ValueError(
            f"The model of a watch is a torch module, made, whose parameters are counted; got {what}. Several make one "
            "in torch.nn.ModuleList; of what is none say dim=, the number of its parameters, and leave model out."
        )


def check_predict(predict: Any) -> None:
    """Raise ValueError for what is not called without arguments, such as a module in place of what it predicts."""
    got = None
    if not callable(predict):
        got = type(predict).__name__
    else:
        called = getattr(predict, "forward", predict)  # what a module is called with is told by this alone
        try:
            asked = signature(called)
        except (TypeError, ValueError):  # some that are compiled tell nothing
            return
        try:
            asked.bind()
        except TypeError as error:
            got = f"{getattr(predict, '__name__', type(predict).__name__)}: {error}"
    if got is not None:
        raise ValueError(
            "A watch is given what makes the predictions, and calls it without arguments, at marks alone: "
            f"`lambda: model(inputs)`; got {got}."
        )


def parameters_of(model: Any) -> int:
    """The number of trained parameters of a torch module, lazy ones not yet; 0 for None."""
    trained = [] if model is None else [each for each in model.parameters() if each.requires_grad]
    return sum(0 if is_lazy(each) else int(each.numel()) for each in trained)


def precision_of_parameters(model: Any) -> str:
    """The name of the precision of a module's first parameter, such as `float32`; empty where none is known."""
    first = None if model is None else next(iter(model.parameters()), None)
    return "" if first is None else precision_of(first)


def sources(said: Terms, inputs: Any, targets: Any) -> tuple[Data, dict[str, Any]]:
    """What is watched, and the labels of the run; raises ValueError with what was required."""
    if said.problem not in PROBLEMS:
        if inputs is None or targets is None:
            named = f" (no problem is called '{said.problem}')" if said.problem else ""
            raise ValueError(
                "A watch takes the inputs and targets on which the model is measured, or `problem`, the name of one of "
                f"the house that brings its own; got neither{named}."
            )
        data = understand(inputs, targets, said.loss or None, said.direction, said.watch)
        return data, labels(said, None, data.loss.name, data.fingerprint)
    recipe = find_problem(said.problem)
    for name, told, usual in (
        ("direction", said.direction, PRINCIPAL),
        ("loss", said.loss or recipe.loss, recipe.loss),
    ):
        if told != usual:
            raise ValueError(
                f"The problem '{said.problem}' has its own {name}; got {name}='{told}'. Leave it out, or give the "
                "inputs and targets under a name of your own."
            )
    # the data that a run of the harness with this seed would have, so that both may be compared
    problem = recipe.build(stream(said.seed, "data"))
    for what, given, own in (("inputs", inputs, problem.inputs), ("targets", targets, problem.targets)):
        if given is not None and not _same(finite(what, given), own):
            raise ValueError(
                f"The {what} are not those of the problem '{said.problem}'. Leave them out, and take them from "
                "`watch.inputs` and `watch.targets`, or give the problem another name."
            )
    n = len(problem.inputs)
    shapes = shapes_of((n,), problem.targets)
    data = Data(problem.inputs, problem.targets, problem.loss, problem.probes, np.arange(n), "", shapes)
    return data, labels(said, recipe, recipe.loss, "")


def _same(given: Numbers, own: Numbers) -> bool:
    # nearly, as a loop may hold them in single precision, and in any shape; zeros may be rounding, whatever the unit
    near = SINGLE * float(np.abs(own).max())
    return given.size == own.size and np.allclose(given.reshape(-1), own.reshape(-1), rtol=SINGLE, atol=near)
