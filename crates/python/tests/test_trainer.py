"""Runs: what they learn, what they call, how they end."""

import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from own_losses import cross_entropy

import chainrule

DIGITS = chainrule.Dataset.read("digits")


def moons(rows=200):
    return chainrule.Dataset.read(f"moons:rows={rows},seed=3").split(test=0.25, seed=1)


def mlp(text="2-8-2 tanh", **settings):
    return chainrule.Mlp(text, **({"seed": 1} | settings))


def test_a_run_learns_and_has_a_history():
    train, test = moons()
    net, seen = mlp(), []
    trainer = chainrule.Trainer(optimizer="adam:lr=0.02", epochs=30, seed=2)
    model = trainer.fit(net, train, validation=test, callbacks=[seen.append, lambda epoch: None])
    assert model.evaluate(test)["accuracy"] > 0.8
    history = model.history
    assert (len(history), history.stop_reason, history.best_epoch) == (30, "finished", None)
    assert history.steps == 30 * 5 and history[-1].loss < history[0].loss
    assert [epoch.epoch for epoch in seen] == list(range(1, 31)) and tuple(seen) == history.epochs
    assert history[-1].validation_loss == pytest.approx(model.evaluate(test)["loss"], rel=1e-5)
    assert history[3].learning_rate == 0.02 and history[0].accuracy is not None
    assert net.weights_sha256() == model.weights_sha256(), "the network learns in place"
    assert "optimizer='adam:lr=0.02'" in repr(trainer)


def test_no_bit_depends_on_the_number_of_threads():
    train, test = DIGITS.split(seed=42)
    found = set()
    for threads in (1, 2, 3):
        trainer = chainrule.Trainer(epochs=2, seed=7, threads=threads, optimizer="adam")
        found.add(trainer.fit(mlp("64-40-10 relu"), train, test).weights_sha256())
    assert len(found) == 1


def command():
    """The command ``chainrule``, where one is built: $CHAINRULE, target/release or target/debug of the checkout, or PATH."""
    root = pathlib.Path(__file__).resolve().parents[3]
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    built = [os.environ.get("CHAINRULE"), target / "release/chainrule", target / "debug/chainrule", shutil.which("chainrule")]
    return next((str(path) for path in built if path and os.access(path, os.X_OK)), None)


@pytest.mark.parametrize(
    ("source", "options", "network", "settings"),
    [
        ("digits", ["--epochs", "2"], {"layers": "64-16-10 relu"}, {"epochs": 2}),
        (
            "iris",
            ["--epochs", "3", "--optimizer", "adamw", "--lr", "0.01", "--batch", "16"],
            {"layers": "4-16-3 relu", "init": "torch"},
            {"epochs": 3, "optimizer": "adamw:lr=0.01", "batch_size": 16},
        ),
    ],
)
def test_a_run_has_the_bits_of_the_commands(tmp_path, source, options, network, settings):
    chainrule_command = command()
    if chainrule_command is None:
        pytest.skip("no command is built: cargo build -p chainrule-cli")
    path = tmp_path / "model.safetensors"
    arguments = ["train", "--data", source, "--hidden", "16", "--seed", "7", *options, "--save", path, "--quiet"]
    subprocess.run([chainrule_command, *arguments], check=True)
    train, test = chainrule.Dataset.read(source).split(test=0.2, seed=7)
    model = chainrule.Trainer(seed=7, **settings).fit(chainrule.Mlp(seed=7, **network), train)
    theirs = chainrule.Model.load(path)
    assert model.weights_sha256() == theirs.weights_sha256()
    assert model.evaluate(test) == theirs.evaluate(test)
    # The command knows which rows it has not seen.
    model.save(path)
    arguments = ["eval", path, "--data", source, "--part", "test"]
    assert "test" in subprocess.run([chainrule_command, *arguments], check=True, capture_output=True, text=True).stdout


def test_a_model_goes_through_a_file(tmp_path):
    train, test = moons()
    model = chainrule.Trainer(epochs=3).fit(mlp(), train)
    model.save(tmp_path / "m.safetensors")
    again = chainrule.Model.load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(again.outputs(test), model.outputs(test))
    assert again.weights_sha256() == model.weights_sha256() and again.history is None
    assert again.class_names == model.class_names
    copy = chainrule.Mlp.from_model(again)
    assert copy.weights_sha256() == model.weights_sha256()
    assert copy.to_model("cross-entropy").task == "classification"


def test_classes_that_are_numbers_stay_numbers(tmp_path):
    X, y = np.eye(3)[np.arange(30) % 3], np.arange(30) % 3
    model = chainrule.Trainer(epochs=30, optimizer="adam:lr=0.1").fit(mlp("3-8-3 relu"), chainrule.Dataset(X, y))
    model.save(tmp_path / "m.safetensors")
    for each in (model, chainrule.Model.load(tmp_path / "m.safetensors")):
        assert each.class_names is None and each.task == "classification"
        np.testing.assert_array_equal(each.predict(X), y)


def test_a_model_that_saw_the_rows_to_test_on_does_not_claim_that_it_did_not(tmp_path):
    chainrule_command = command()
    if chainrule_command is None:
        pytest.skip("no command is built: cargo build -p chainrule-cli")
    _, test = chainrule.Dataset.read("iris").split(seed=1)
    chainrule.Trainer(epochs=1).fit(mlp("4-3"), test).save(tmp_path / "m.safetensors")
    arguments = [chainrule_command, "eval", tmp_path / "m.safetensors", "--data", "iris", "--part", "test"]
    found = subprocess.run(arguments, capture_output=True, text=True)
    assert found.returncode == 2 and "does not say which rows" in found.stderr


def test_a_callback_that_returns_false_ends_the_run():
    train, _ = moons()
    last = chainrule.Trainer(epochs=9).fit(mlp(), train, callbacks=lambda epoch: epoch.epoch < 3).history
    assert (len(last), last.stop_reason) == (3, "callback")
    # What is falsy and not False goes on, as None does.
    assert len(chainrule.Trainer(epochs=4).fit(mlp(), train, callbacks=lambda epoch: 0).history) == 4
    assert len(chainrule.Trainer(epochs=4).fit(mlp(), train, callbacks=lambda epoch: np.False_).history) == 1


def test_what_a_callback_raises_ends_the_run_with_the_weights_of_that_epoch():
    train, _ = moons()
    truth = chainrule.Trainer(epochs=2, schedule=None).fit(mlp(), train).weights_sha256()
    net = mlp()

    def fails(epoch):
        if epoch.epoch == 2:
            raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        chainrule.Trainer(epochs=50).fit(net, train, callbacks=fails)
    assert net.weights_sha256() == truth


def test_a_callback_runs_on_the_callers_thread_and_may_compute():
    train, test = moons()
    net, seen = mlp(), []
    probe = chainrule.Predictor(mlp().to_model("cross-entropy"), threads=None)
    X = np.random.default_rng(0).normal(size=(100_000, 2)).astype(np.float32)

    def look(epoch):
        seen.append(threading.get_ident())
        probe.outputs(X)
        with pytest.raises(chainrule.InvalidInputError, match="in use"):
            net.forward(X[:1])
        # A run inside of a run.
        chainrule.Trainer(epochs=1, threads=1).fit(mlp(), test)

    chainrule.Trainer(epochs=2, threads=1).fit(net, train, callbacks=look)
    assert seen == [threading.get_ident()] * 2
    net.forward(X[:1])


def test_a_loss_of_the_callers_own_trains_as_the_same_of_the_library():
    train, test = moons()
    models = [
        chainrule.Trainer(loss, epochs=3, optimizer="sgd:lr=0.2").fit(mlp(dtype="float64"), train, test)
        for loss in ("cross-entropy", cross_entropy)
    ]
    ours, own = models
    for a, b in zip(ours.history, own.history, strict=True):
        assert a.loss == pytest.approx(b.loss, rel=1e-10)
        assert a.validation_loss == pytest.approx(b.validation_loss, rel=1e-10)
        assert a.accuracy == b.accuracy
    assert own.class_names == ours.class_names
    assert own.evaluate(test)["loss"] == pytest.approx(ours.evaluate(test)["loss"], rel=1e-10)


def test_a_loss_of_values_is_given_the_weights_of_the_rows():
    X, t, weights = np.ones((6, 1)), np.arange(6.0), np.array([1.0, 0.0, 2.0, 1.0, 1.0, 3.0])
    seen = []

    def loss(y, t, w):
        seen.append((t[:, 0].copy(), w.copy()))
        share = (w / w.sum()).reshape(-1, 1)
        return (share * np.abs(y - t)).sum(), share * np.sign(y - t)

    data = chainrule.Dataset(X, t, weights=weights)
    chainrule.Trainer(loss, epochs=1, shuffle=False).fit(mlp("1-1"), data)
    (targets, given), counted = seen[0], weights > 0  # a row that does not count is in no minibatch
    np.testing.assert_array_equal(targets, t[counted])
    np.testing.assert_array_equal(given, weights[counted])


def test_what_a_loss_raises_ends_the_run():
    train, _ = moons()
    calls = []

    def fails(y, t):
        calls.append(len(t))
        if len(calls) == 3:
            raise OSError("the disk is full")
        return cross_entropy(y, t)

    net = mlp()
    with pytest.raises(OSError, match="the disk is full"):
        chainrule.Trainer(fails, epochs=5).fit(net, train)
    assert len(calls) == 3 and np.isfinite(net.forward(np.ones((1, 2)))).all()
    with pytest.raises(chainrule.InvalidInputError, match="expected two values"):
        chainrule.Trainer(lambda y, t: 1.0).fit(net, train)


def test_early_stopping_keeps_the_best_epoch():
    train, test = moons()
    trainer = chainrule.Trainer(optimizer="adam:lr=0.5", epochs=200, patience=3)
    model = trainer.fit(mlp(), train, test)
    history = model.history
    losses = [epoch.validation_loss for epoch in history]
    assert history.stop_reason == "early-stopped" and history.best_epoch == 1 + int(np.argmin(losses))
    assert model.evaluate(test)["loss"] == pytest.approx(min(losses), rel=1e-5)
    with pytest.raises(chainrule.InvalidInputError, match="validation"):
        trainer.fit(mlp(), train)


def test_a_loss_that_overflows_is_told_with_its_epoch():
    X, t = np.arange(40.0).reshape(-1, 1), 1e3 * np.arange(40.0)
    net = mlp("1-1")
    with pytest.raises(chainrule.InvalidInputError, match="epoch 1"):
        chainrule.Trainer(optimizer="sgd:lr=1e9").fit(net, chainrule.Dataset(X, t))
    assert np.isfinite(net.forward(X)).all()


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 0}, {"epochs": 1.5}, {"batch_size": -1}, {"seed": -3}, {"patience": 0}, {"threads": 0}, {"threads": 10**6},
        {"optimizer": "sdg"}, {"optimizer": "sgd:lr=-1"}, {"loss": "rmse"}, {"schedule": "cosinus"}, {"clip_norm": -1.0},
        {"label_smoothing": 1.0}, {"class_weight": "equal"}, {"preprocess": "whiten"}, {"min_delta": -1.0}, {"loss": 3},
        {"optimizer": "lbfgs", "clip_norm": 1.0},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused_before_a_run(settings):
    if "min_delta" in settings:
        settings = settings | {"patience": 1}
    with pytest.raises(chainrule.InvalidInputError):
        chainrule.Trainer(**settings)


def test_what_does_not_fit_together_is_refused():
    train, test = moons()
    X = chainrule.Dataset(np.ones((4, 2)), np.array([0, 1, 0, 1]))
    trainer = chainrule.Trainer(epochs=1)
    for arguments, words in (
        ((mlp("3-2"), train), "3"),
        ((mlp("2-1"), X), "1"),
        ((mlp(), train, X), "arrays"),
        ((mlp(), X, test), "table"),
        (("2-2", train), "str"),
        ((mlp(), np.ones((2, 2))), "ndarray"),
        ((mlp(), train, None, [3]), "callback"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            trainer.fit(*arguments)
    with pytest.raises(chainrule.InvalidInputError, match="minmax"):
        chainrule.Trainer(preprocess="minmax").fit(mlp(), X)


def test_the_models_trace_is_that_of_its_training():
    train, _ = moons()
    model = chainrule.Trainer(optimizer="sgd:lr=0.25", epochs=1).fit(mlp(), train)
    assert "0.25" in model.trace(np.ones((1, 2)), [model.class_names[1]]).text


def test_a_run_does_not_hold_the_lock():
    data = chainrule.Dataset(np.random.default_rng(0).random((4000, 200)), np.arange(4000) % 10)
    trainer = chainrule.Trainer(epochs=3, threads=1)
    thread = threading.Thread(target=trainer.fit, args=(mlp("200-300-10 relu"), data))
    ticks = 0
    thread.start()
    while thread.is_alive():
        time.sleep(0.002)
        ticks += 1
    thread.join()
    assert ticks > 20, ticks


def test_ctrl_c_ends_a_run_and_the_network_keeps_what_it_learned():
    data = chainrule.Dataset(np.random.default_rng(0).random((20000, 200)), np.arange(20000) % 10)
    net = mlp("200-500-10 relu")
    start = net.weights_sha256()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            chainrule.Trainer(epochs=100_000).fit(net, data)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert net.weights_sha256() != start and np.isfinite(net.forward(np.ones((1, 200)))).all()


def test_words_are_no_values():
    X = np.random.default_rng(0).normal(size=(60, 2))
    kind = np.arange(60) % 3
    words = np.array(["low", "mid", "top"])[kind]
    named = chainrule.Dataset(X, kind, class_names=["low", "mid", "top"])
    for data in (chainrule.Dataset(X, words), named, chainrule.Dataset(X, kind.astype(str)), chainrule.Dataset.read("iris")):
        for loss in ("mse", "huber(0.5)"):
            with pytest.raises(chainrule.InvalidInputError, match=f"the class .*, and the loss .{loss[:3]}.*'cross-entropy'"):
                chainrule.Trainer(loss, epochs=1).fit(mlp(f"{data.n_features}-3"), data)
    # Of classes by name such a loss is of 1 at the class and 0 elsewhere, as with the command's --task.
    for data in (chainrule.Dataset(X, words, task="classification"), chainrule.Dataset.read("iris", task="classification")):
        net = mlp(f"{data.n_features}-3", init="zeros")
        model = chainrule.Trainer("mse", epochs=1, optimizer="sgd:lr=1e-3", batch_size=len(data)).fit(net, data)
        assert (model.task, model.loss, model.class_names) == ("classification", "mse", data.class_names)
        assert model.history[0].loss == pytest.approx(1 / 3)
        assert set(model.predict(X if data.n_features == 2 else np.ones((1, 4)))) <= set(data.class_names)


def test_whole_numbers_are_values_for_a_loss_of_values(tmp_path):
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = np.round(3 * X[:, 0]).astype(int) + 20
    whole, values = chainrule.Dataset(X[:60], y[:60]), chainrule.Dataset(X[:60], y[:60].astype(float))
    held_out = chainrule.Dataset(X[60:], y[60:])
    settings = {"optimizer": "adam:lr=0.05", "epochs": 5, "seed": 3}
    truth = chainrule.Trainer("mse", **settings).fit(mlp("2-4-1 tanh"), values)
    for data in (whole, values):
        model = chainrule.Trainer("mse", **settings).fit(mlp("2-4-1 tanh"), data, validation=held_out)
        assert (model.task, model.class_names, model.weights_sha256()) == ("regression", None, truth.weights_sha256())
        assert model.evaluate(held_out) == model.evaluate(X[60:], y[60:])
        assert model.history[-1].validation_loss == pytest.approx(model.evaluate(held_out)["loss"], rel=1e-6)
    assert whole.task == "classification"
    with pytest.raises(chainrule.InvalidInputError, match="3 outputs; expected 1, or task='classification'"):
        chainrule.Trainer("mse").fit(mlp("2-3"), chainrule.Dataset(X, np.arange(80) % 3))


def test_validation_rows_of_another_task_are_refused():
    X = np.random.default_rng(0).normal(size=(40, 2))
    classes, values = chainrule.Dataset(X, np.arange(40) % 2), chainrule.Dataset(X, X[:, 0])
    yes_or_no = chainrule.Dataset(X, np.arange(40) % 2, task="binary")
    for net, data, validation in (("2-2", classes, values), ("2-1", yes_or_no, classes), ("2-1", yes_or_no, values)):
        with pytest.raises(chainrule.InvalidInputError, match=f"validation rows is {validation.task}, .* {data.task}"):
            chainrule.Trainer(epochs=1).fit(mlp(net), data, validation=validation)
