"""The callbacks of Lightning and of transformers, in the real libraries."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import harness

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # both libraries warn of this and that
STEPS = 24


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def data():
    x = np.arange(32) / 32
    return x[:, None].astype(np.float32), np.sin(2 * np.pi * x)[:, None].astype(np.float32)


def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.Dropout(0.1), torch.nn.Tanh(), torch.nn.Linear(16, 1))


def check(name):
    found = harness.load(f"results/{name}")
    row = found.runs.iloc[0]
    assert (row["status"], row["cost"], row["dim"]) == ("watched", STEPS, 49)
    assert found.curves["cost"].tolist()[:4] == [0, 1, 2, 3]
    assert row["last_loss"] < row["first_loss"]
    assert set(found.spectra["frequency"]) == {1.0}


def test_lightning_is_watched():
    lightning_fit("lit", max_steps=STEPS, accumulate_grad_batches=2, enable_model_summary=False)
    check("lit")


def test_a_batch_of_any_form_is_moved_by_lightning():
    lightning = pytest.importorskip("lightning")
    callbacks = pytest.importorskip("harness.watch.lightning_callback")
    inputs, targets = map(torch.from_numpy, data())

    class Named(torch.nn.Module):
        device = torch.device("cpu")

        def forward(self, batch):
            return batch["x"] + batch["more"][0]

    watch = harness.Watch("named", inputs, targets, optimizer="lit-adam")
    callback = callbacks.WatchCallback(watch, {"x": inputs, "more": (targets,)})
    trainer = lightning.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    assert torch.equal(callback._predict(trainer, Named()), inputs + targets)


@pytest.mark.parametrize(
    ("library", "room"), [("lightning", "lightning_callback"), ("transformers", "trainer_callback")]
)
def test_arrays_of_numpy_are_no_inputs_of_a_module(library, room):
    pytest.importorskip(library)
    callbacks = pytest.importorskip(f"harness.watch.{room}")
    watch = harness.Watch("arrays", *data(), optimizer="mine")
    for inputs in (watch.inputs, {"x": watch.inputs}):
        with pytest.raises(ValueError, match=r"tensors; got ndarray. Give torch.as_tensor\(inputs\)"):
            callbacks.WatchCallback(watch, inputs)


def test_the_trainer_of_transformers_is_watched(tmp_path):
    trainer_fit("trained", tmp_path)
    check("trained")


def trainer_fit(name, folder, **options):
    """Train `model` by the trainer of transformers, watched."""
    transformers = pytest.importorskip("transformers")
    callbacks = pytest.importorskip("harness.watch.trainer_callback")

    class Fit(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = model()

        def forward(self, x, labels=None):
            scores = self.net(x)
            return {"loss": None if labels is None else torch.nn.functional.mse_loss(scores, labels), "logits": scores}

    inputs, targets = map(torch.from_numpy, data())
    watch = harness.Watch(name, inputs, targets, optimizer="trainer-adamw")
    options = transformers.TrainingArguments(
        output_dir=str(folder / "out"),
        max_steps=STEPS,
        per_device_train_batch_size=8,
        learning_rate=1e-2,
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
        save_strategy="no",
        **options,
    )
    rows = [{"x": x, "labels": y} for x, y in zip(inputs, targets, strict=True)]
    callback = callbacks.WatchCallback(watch, {"x": inputs})
    transformers.Trainer(model=Fit(), args=options, train_dataset=rows, callbacks=[callback]).train()


def test_a_loop_that_fails_in_lightning_leaves_what_was_measured():
    lightning = pytest.importorskip("lightning")
    callbacks = pytest.importorskip("harness.watch.lightning_callback")
    inputs, targets = map(torch.from_numpy, data())
    watch = harness.Watch("broke", inputs, targets, optimizer="lit-adam")
    callback = callbacks.WatchCallback(watch, inputs)
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, max_steps=1
    )
    callback.on_exception(trainer, None, ZeroDivisionError("division by zero"))
    assert harness.load("results/broke").runs["reason"].item() == "ZeroDivisionError: division by zero"


def lightning_fit(name, checkpoint=None, **options):
    """Train `model` by Lightning, watched; the module and the trainer."""
    lightning = pytest.importorskip("lightning")
    callbacks = pytest.importorskip("harness.watch.lightning_callback")

    class Fit(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = model()

        def forward(self, x):
            return self.net(x)

        def training_step(self, batch, number):
            return torch.nn.functional.mse_loss(self(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=1e-2)

    inputs, targets = map(torch.from_numpy, data())
    watch = harness.Watch(name, inputs, targets, optimizer="lit-adam")
    usual = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = lightning.Trainer(**(usual | options), callbacks=[callbacks.WatchCallback(watch, inputs)])
    trainer.fit(Fit(), DataLoader(TensorDataset(inputs, targets), batch_size=8), ckpt_path=checkpoint)
    return trainer


def test_a_training_that_goes_on_from_a_checkpoint_of_lightning_goes_on_from_its_marks(tmp_path):
    trainer = lightning_fit("goes-on", max_steps=12, enable_checkpointing=True)
    trainer.save_checkpoint(tmp_path / "at.ckpt")
    first = harness.load("results/goes-on").curves
    lightning_fit("goes-on", max_steps=STEPS, checkpoint=tmp_path / "at.ckpt")
    found = harness.load("results/goes-on").curves
    assert found["loss_last"].tolist()[: len(first)] == pytest.approx(first["loss_last"].tolist())
    assert found["cost"].tolist()[: len(first)] == first["cost"].tolist()
    assert found["cost"].iloc[-1] == STEPS
    # there is nothing more to do, and the run stays
    lightning_fit("goes-on", max_steps=12, checkpoint=tmp_path / "at.ckpt")
    assert harness.load("results/goes-on").runs["cost"].item() == STEPS


@pytest.mark.parametrize(
    ("precision", "dtype"), [("bf16-mixed", "bfloat16"), ("bf16-true", "bfloat16"), ("64-true", "float64")]
)
def test_marks_are_in_the_precision_of_the_training(precision, dtype):
    lightning_fit("precise", max_steps=STEPS, precision=precision)
    run = harness.load("results/precise").runs.iloc[0]
    assert (run["status"], run["dtype"], run["cost"]) == ("watched", dtype, STEPS)


@pytest.mark.parametrize(("options", "dtype"), [({"bf16": True}, "bfloat16"), ({}, "float32")])
def test_a_precision_has_one_name_in_lightning_and_in_transformers(tmp_path, options, dtype):
    trainer_fit("trained", tmp_path, **options)  # accelerate, which it trains by, widens outputs to single precision
    lightning_fit("lit", max_steps=2, precision="bf16-mixed" if options else "32-true")
    assert [harness.load(f"results/{name}").runs["dtype"].item() for name in ("trained", "lit")] == [dtype, dtype]


def test_a_training_without_steps_leaves_a_study_that_says_so():
    lightning_fit("nothing", max_steps=0)
    run = harness.load("results/nothing").runs.iloc[0]
    assert (run["status"], run["reason"]) == ("failed", "The loop has never called its watch: nothing was measured.")


def test_the_trainer_of_transformers_goes_on_from_its_marks(tmp_path):
    transformers = pytest.importorskip("transformers")
    callbacks = pytest.importorskip("harness.watch.trainer_callback")
    net, (inputs, targets) = model(), map(torch.from_numpy, data())
    state, seen = transformers.TrainerState(global_step=0), {"model": net}
    for first, last in ((0, 10), (10, 20)):
        callback = callbacks.WatchCallback(harness.Watch("again", inputs, targets, optimizer="mine"), inputs)
        state.global_step = first
        callback.on_train_begin(None, state, None, **seen)
        for state.global_step in range(first + 1, last + 1):
            callback.on_step_end(None, state, None, **seen)
        callback.on_train_end(None, state, None, **seen)
    costs = harness.load("results/again").curves["cost"].tolist()
    assert costs == [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 17, 20]
