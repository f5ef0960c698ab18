"""Checkpoints: a run that goes on ends with the bits of one that was not interrupted."""

import dataclasses
import pathlib
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from own_losses import cross_entropy

import chainrule

ROWS = chainrule.Dataset.read("digits")
TRAIN, TEST = ROWS.select(np.arange(313)), ROWS.select(np.arange(313, 413))
CHECKPOINT = "checkpoint-*.safetensors"


def mlp(dtype="float32", seed=7):
    return chainrule.Mlp("64-12-10 batch_norm relu dropout(0.3)", seed=seed, dtype=dtype)


def trainer(**settings):
    """Everything that has a state: moments, a schedule that looks at validation, early stopping."""
    usual = {"optimizer": "adam:lr=0.02", "epochs": 6, "seed": 3, "schedule": "plateau:0.5:patience=0", "patience": 5}
    return chainrule.Trainer(**(usual | {"clip_norm": 0.5, "label_smoothing": 0.05} | settings))


def timeless(history):
    epochs = [dataclasses.replace(epoch, seconds=0.0) for epoch in history]
    return epochs, history.stop_reason, history.best_epoch, history.steps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("last", [1, 3, 5])
def test_a_run_goes_on_to_the_same_bits(tmp_path, dtype, last):
    net = mlp(dtype)
    truth = trainer().fit(net, TRAIN, TEST)
    checkpoints = chainrule.Checkpoints(tmp_path / "new" / "folder")
    begun = mlp(dtype)
    first = trainer().fit(begun, TRAIN, TEST, lambda epoch: epoch.epoch < last, checkpoints=checkpoints)
    assert (len(first.history), first.history.stop_reason) == (last, "callback")
    # Another process has a network of other weights; with another number of threads.
    seen, gone_on = [], mlp(dtype, seed=99)
    model = trainer(threads=1).fit(gone_on, TRAIN, TEST, seen.append, checkpoints=checkpoints, resume=True)
    assert model.weights_sha256() == truth.weights_sha256() == gone_on.weights_sha256()
    assert timeless(model.history) == timeless(truth.history)
    assert [epoch.epoch for epoch in seen] == list(range(last + 1, 7))
    # The network has the state of dropout, too: further steps agree.
    X, y = np.ones((8, 64)) * np.arange(8)[:, None], np.arange(8)
    again = trainer(threads=1).fit(mlp(dtype, seed=99), TRAIN, TEST, checkpoints=checkpoints, resume=True)
    assert again.weights_sha256() == truth.weights_sha256() and timeless(again.history) == timeless(truth.history)
    assert gone_on.train_step(X, y, "cross-entropy") == net.train_step(X, y, "cross-entropy")


def test_a_killed_process_loses_no_bit(tmp_path):
    code = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from test_checkpoints import *

def killed(epoch):
    if epoch.epoch == 4:
        os.kill(os.getpid(), signal.SIGKILL)

trainer().fit(mlp(), TRAIN, TEST, killed, checkpoints=chainrule.Checkpoints(sys.argv[2], every="3 steps", keep=1))
"""
    here = str(pathlib.Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, here, str(tmp_path)])
    assert done.returncode == -signal.SIGKILL
    (file,) = tmp_path.glob(CHECKPOINT)
    # Of step 39 of 40, in the middle of the fourth epoch.
    assert file.name == "checkpoint-000000000039.safetensors"
    model = trainer().fit(mlp(), TRAIN, TEST, checkpoints=chainrule.Checkpoints(tmp_path, every="3 steps"), resume=True)
    truth = trainer().fit(mlp(), TRAIN, TEST)
    assert model.weights_sha256() == truth.weights_sha256() and timeless(model.history) == timeless(truth.history)


def test_ctrl_c_leaves_a_checkpoint(tmp_path):
    X = np.random.default_rng(0).random((20_000, 100)).astype(np.float32)
    data = chainrule.Dataset(X, np.arange(20_000) % 10)
    settings = {"epochs": 2, "batch_size": 4, "seed": 3}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            chainrule.Trainer(**settings | {"epochs": 100_000}).fit(
                chainrule.Mlp("100-300-10 relu"), data, checkpoints=chainrule.Checkpoints(tmp_path, every="1h")
            )
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert len(list(tmp_path.glob(CHECKPOINT))) == 1
    with pytest.raises(chainrule.InvalidInputError, match="epochs: 100000 in the checkpoint, 2 now"):
        chainrule.Trainer(**settings).fit(chainrule.Mlp("100-300-10 relu"), data, checkpoints=tmp_path, resume=True)


def test_what_a_callback_raises_leaves_a_checkpoint(tmp_path):
    def fails(epoch):
        if epoch.epoch == 2:
            raise LookupError("nothing there")

    with pytest.raises(LookupError):
        trainer().fit(mlp(), TRAIN, TEST, fails, checkpoints=chainrule.Checkpoints(tmp_path, every="1h"))
    model = trainer().fit(mlp(), TRAIN, TEST, checkpoints=tmp_path, resume=True)
    assert model.weights_sha256() == trainer().fit(mlp(), TRAIN, TEST).weights_sha256()


def test_auto_begins_and_goes_on(tmp_path):
    truth = trainer().fit(mlp(), TRAIN, TEST).weights_sha256()
    for last in (2, 4, 6):
        model = trainer().fit(
            mlp(), TRAIN, TEST, lambda epoch, last=last: epoch.epoch < last, checkpoints=tmp_path, resume="auto"
        )
        assert len(model.history) == last
    assert model.weights_sha256() == truth
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder in (empty, tmp_path / "nowhere"):
        with pytest.raises(chainrule.InvalidInputError, match="there is no checkpoint in .*resume='auto'"):
            trainer().fit(mlp(), TRAIN, TEST, checkpoints=folder, resume=True)


def test_another_run_is_refused_with_each_difference(tmp_path):
    trainer().fit(mlp(), TRAIN, TEST, lambda epoch: False, checkpoints=tmp_path)
    wide = chainrule.Mlp("64-13-10 batch_norm relu dropout(0.3)")
    for other, net, rows, words in (
        (trainer(epochs=7), mlp(), TRAIN, "epochs: 6 in the checkpoint, 7 now"),
        (trainer(seed=4), mlp(), TRAIN, "order of the rows: shuffled seed 3 in the checkpoint"),
        (trainer(optimizer="adam:lr=0.03"), mlp(), TRAIN, "optimizer: adam lr 0.02"),
        (trainer(), mlp(), TRAIN.select(np.arange(312)), "training rows"),
        (trainer(), wide, TRAIN, "layers"),
        (trainer(), mlp("float64"), TRAIN, "element type"),
        (trainer(label_smoothing=0.0), mlp(), TRAIN, "label smoothing: 0.05 in the checkpoint, 0 now"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            other.fit(net, rows, TEST, checkpoints=tmp_path, resume=True)
    with pytest.raises(chainrule.InvalidInputError, match="of another run in"):
        trainer().fit(mlp(), TRAIN, TEST, checkpoints=tmp_path)
    with pytest.raises(chainrule.InvalidInputError, match="validation rows"):
        chainrule.Trainer(epochs=6).fit(mlp(), TRAIN, checkpoints=tmp_path, resume=True)


def test_the_last_ones_stay_and_a_damaged_one_is_passed_over(tmp_path):
    checkpoints = chainrule.Checkpoints(tmp_path, every="1 epoch", keep=3)
    truth = trainer().fit(mlp(), TRAIN, TEST, checkpoints=checkpoints).weights_sha256()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [f"checkpoint-{steps:012}.safetensors" for steps in (40, 50, 60)]
    for count in (1, 2):
        for file in files[-count:]:
            file.write_bytes(file.read_bytes()[:-1])
        seen = []
        with pytest.warns(RuntimeWarning, match="the next older checkpoint is taken") as warned:
            again = trainer().fit(mlp(), TRAIN, TEST, seen.append, checkpoints=checkpoints, resume=True)
        assert len(warned) == count and files[-1].name in str(warned[0].message)
        # What it went on to was written anew.
        assert again.weights_sha256() == truth and [epoch.epoch for epoch in seen] == list(range(7 - count, 7))
        assert sorted(tmp_path.iterdir()) == files
    for file in files:
        file.write_bytes(b"")
    with pytest.raises(chainrule.InvalidInputError, match=f"no checkpoint that can be read .*{files[-1].name}"):
        trainer().fit(mlp(), TRAIN, TEST, checkpoints=checkpoints, resume="auto")


def test_the_model_of_the_best_epoch_is_a_file(tmp_path):
    # Too large a step: the loss on the validation rows goes up and down.
    settings = {"optimizer": "sgd:lr=1.5", "epochs": 12, "seed": 1}
    checkpoints = chainrule.Checkpoints(tmp_path, best=True)
    file, found = tmp_path / "best.safetensors", []

    def look(epoch):
        # Of the epochs before: the callback of an epoch comes first.
        if found:
            best = min(found, key=lambda one: one[0])
            assert chainrule.Model.load(file).evaluate(TEST)["loss"] == pytest.approx(best[0], rel=1e-5)
        found.append((epoch.validation_loss, epoch.epoch))
        return epoch.epoch != 5

    chainrule.Trainer(**settings).fit(mlp(), TRAIN, TEST, look, checkpoints=checkpoints)
    model = chainrule.Trainer(**settings).fit(mlp(), TRAIN, TEST, look, checkpoints=checkpoints, resume=True)
    losses = [epoch.validation_loss for epoch in model.history]
    best = int(np.argmin(losses))
    assert len(losses) == 12 and losses[-1] > losses[best], "a run whose last epoch is not its best"
    kept = chainrule.Model.load(file)
    truth = chainrule.Trainer(**settings).fit(mlp(), TRAIN, TEST, lambda epoch: epoch.epoch <= best)
    assert kept.weights_sha256() == truth.weights_sha256() and kept.class_names == model.class_names
    np.testing.assert_array_equal(kept.outputs(TEST), truth.outputs(TEST))
    file.unlink()
    with pytest.raises(chainrule.InvalidInputError, match=r"best\.safetensors is not there"):
        chainrule.Trainer(**settings).fit(mlp(), TRAIN, TEST, checkpoints=checkpoints, resume=True)
    with pytest.raises(chainrule.InvalidInputError, match="validation rows, of which there are none"):
        chainrule.Trainer(**settings).fit(mlp(), TRAIN, checkpoints=checkpoints)


def test_runs_that_cannot_go_on_have_no_checkpoints(tmp_path):
    for settings, words in (({"optimizer": "lbfgs"}, "lbfgs"), ({"loss": cross_entropy}, "a loss of your own")):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.Trainer(**settings).fit(chainrule.Mlp("64-10"), TRAIN, checkpoints=tmp_path / "new")
        assert not (tmp_path / "new").exists()
    with pytest.raises(chainrule.InvalidInputError, match="checkpoints to go on from"):
        chainrule.Trainer().fit(chainrule.Mlp("64-10"), TRAIN, resume=True)
    with pytest.raises(chainrule.InvalidInputError, match="resume is 'yes'"):
        chainrule.Trainer().fit(chainrule.Mlp("64-10"), TRAIN, checkpoints=tmp_path, resume="yes")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"every": "3 days"}, "3 days.*expected a time"),
        ({"every": "0"}, "expected a time"),
        ({"every": 3}, "expected a text"),
        ({"keep": 0}, "keep"),
        ({"keep": 1.5}, "keep"),
        ({"folder": 3}, "expected a path"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(chainrule.InvalidInputError, match=words):
        chainrule.Checkpoints(**({"folder": "x"} | settings))


def test_a_folder_that_cannot_be_one_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        trainer().fit(mlp(), TRAIN, TEST, checkpoints=tmp_path / "file" / "folder")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chainrule.Trainer(epochs=1).fit(mlp(), TRAIN, checkpoints=tmp_path / "new", resume="auto")
