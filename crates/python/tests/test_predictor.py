"""One model that many threads ask."""

import multiprocessing as mp
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import chainrule


def digits():
    train, test = chainrule.Dataset.read("digits").split(seed=42)
    net = chainrule.Mlp("64-48-10 relu", seed=1)
    return chainrule.Trainer(epochs=2).fit(net, train), test


def rows(n, columns=64, dtype=np.float32):
    return np.random.default_rng(n).integers(0, 17, (n, columns)).astype(dtype)


def test_eight_threads_have_the_bits_of_one():
    model, _ = digits()
    predictor = chainrule.Predictor(model)
    parts = [rows(n) for n in (1, 2, 31, 32, 255, 256, 257, 700)]
    truth, found = [model.outputs(part) for part in parts], [[] for _ in range(8)]
    start = threading.Barrier(8)

    def ask(at):
        start.wait()
        for turn in range(40):
            each = (at + turn) % 8
            found[at].append((each, predictor.outputs(parts[each])))

    threads = [threading.Thread(target=ask, args=[at]) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for of_thread in found:
        assert len(of_thread) == 40
        for each, outputs in of_thread:
            np.testing.assert_array_equal(outputs, truth[each])


def test_a_forked_process_trains_and_predicts():
    model, _ = digits()
    predictor, X = chainrule.Predictor(model, threads=2), rows(3000)
    truth, context = predictor.outputs(X), mp.get_context("fork")
    found = context.SimpleQueue()

    def ask():
        found.put((predictor.outputs(X), digits()[0].weights_sha256()))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork with threads
        child = context.Process(target=ask)
        child.start()
    outputs, weights = found.get()
    child.join()
    np.testing.assert_array_equal(outputs, truth)
    assert weights == model.weights_sha256() and child.exitcode == 0


FORKS = """
import os, signal, threading, time, warnings
import numpy as np
import chainrule

warnings.simplefilter("ignore", DeprecationWarning)  # of a fork with threads
model, X = chainrule.Mlp("64-64-64-2 relu", seed=1).to_model("mse"), np.ones((3000, 64), np.float32)
shared = chainrule.Predictor(model, threads=2)
truth = shared.outputs(X)

def grow():
    for threads in range(3, 33):
        chainrule.Predictor(model, threads=threads).outputs(X[:100])
        shared.outputs(X[:100])

thread = threading.Thread(target=grow)
thread.start()
children, ended = [], []
while thread.is_alive() and len(children) < 60:
    child = os.fork()
    if child == 0:
        os._exit(0 if (shared.outputs(X) == truth).all() else 1)
    children.append(child)
    time.sleep(0.001)
thread.join()
end = time.monotonic() + 60
while len(ended) < len(children) and time.monotonic() < end:
    for child in set(children) - {child for child, _ in ended}:
        found = os.waitpid(child, os.WNOHANG)
        if found[0]:
            ended.append(found)
    time.sleep(0.01)
left = set(children) - {child for child, _ in ended}
for child in left:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print("forked" if len(children) >= 5 else "no", "children:", len(left), "wait for ever,", sum(status != 0 for _, status in ended), "failed")
"""


def test_a_process_that_is_forked_amid_the_work_of_other_threads_computes():
    found = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=120)
    assert found.stdout == "forked children: 0 wait for ever, 0 failed\n", found.stderr


@pytest.mark.parametrize("threads", [1, 2, None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_says_what_the_model_says(threads, dtype):
    draw = np.random.default_rng(2)
    X = draw.normal(size=(3000, 5)) * 4 + 1
    for y, network, settings in (
        (draw.integers(0, 3, 3000), "5-200-3 relu", {}),
        (np.array(["no", "yes"])[draw.integers(0, 2, 3000)], "5-200-2 relu", {}),
        (X[:, 0] * 3, "5-200-1 tanh", {"optimizer": "sgd:lr=0.01"}),
        (X[:, :2] * 2, "5-200-2 tanh", {"optimizer": "sgd:lr=0.01"}),
    ):
        mlp = chainrule.Mlp(network, seed=3, dtype=dtype)
        trainer = chainrule.Trainer(epochs=1, preprocess="standardize", **settings)
        model = trainer.fit(mlp, chainrule.Dataset(X, y))
        predictor = chainrule.Predictor(model, threads=threads)
        for part in (X[:1], X[:20], X):
            np.testing.assert_array_equal(predictor.outputs(part), model.outputs(part))
            np.testing.assert_array_equal(predictor.predict(part), model.predict(part))
            if model.task == "classification":
                np.testing.assert_array_equal(predictor.predict_proba(part), model.predict_proba(part))


def test_values_of_a_table_are_in_their_own_unit():
    train, test = chainrule.Dataset.read("friedman:rows=200").split()
    model = chainrule.Trainer(optimizer="adam", epochs=2).fit(chainrule.Mlp(f"{train.n_features}-8-1 relu"), train)
    X = np.random.default_rng(0).random((50, train.n_features))
    np.testing.assert_array_equal(chainrule.Predictor(model).predict(X), model.predict(X))
    with pytest.raises(chainrule.InvalidInputError, match="probabilities"):
        chainrule.Predictor(model).predict_proba(X)


def test_answers_of_yes_or_no():
    X = rows(40, 3)
    net = chainrule.Mlp("3-4-1 relu", seed=2)
    data = chainrule.Dataset(X, X[:, 0] > 8, task="binary")
    model = chainrule.Trainer(epochs=3, optimizer="adam").fit(net, data)
    predictor, out = chainrule.Predictor(model), np.empty((40, 2), np.float32)
    assert model.task == "binary" and predictor.predict_proba(X, out) is out
    np.testing.assert_array_equal(out, model.predict_proba(X))
    with pytest.raises(chainrule.InvalidInputError, match="out"):
        predictor.predict_proba(X, np.empty((40, 1), np.float32))


def test_outputs_are_written_where_they_are_wanted():
    model, _ = digits()
    predictor, X = chainrule.Predictor(model), rows(300)
    out = np.full((300, 10), 7, np.float32)
    assert predictor.outputs(X, out) is out
    np.testing.assert_array_equal(out, model.outputs(X))
    assert predictor.predict_proba(X, out) is out
    np.testing.assert_array_equal(out, model.predict_proba(X))
    read_only = np.empty((300, 10), np.float32)
    read_only.flags.writeable = False
    wide = np.empty((300, 64), np.float32)
    for wrong, words in (
        (np.empty((300, 9), np.float32), "300, 9"),
        (np.empty((300, 10)), "float32"),
        (np.empty((10, 300), np.float32).T, "aligned array in C order"),
        (read_only, "writable"),
        ([[0.0]], "writable"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            predictor.outputs(X, wrong)
    square = chainrule.Predictor(chainrule.Mlp("64-64").to_model("mse"))
    with pytest.raises(chainrule.InvalidInputError, match="overlap"):
        square.outputs(wide, wide)


def test_tensors_are_taken_and_given():
    torch = pytest.importorskip("torch")
    model, _ = digits()
    X = rows(5)
    found = chainrule.Predictor(model).outputs(torch.from_numpy(X))
    np.testing.assert_array_equal(found, model.outputs(X))
    assert torch.from_dlpack(found).shape == (5, 10)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (rows(3, 63), "63 features; expected 64"),
        (rows(3)[0], "1 dimensions"),
        (rows(0), "no rows"),
        (np.full((2, 64), np.nan, np.float32), "row 1, column 1"),
        (np.full((2, 64), np.inf), "finite"),
        (np.full((2, 64), "a"), "expected numbers"),
        (np.full((2, 64), None), "object"),
    ],
)
def test_rows_that_do_not_fit_are_refused(X, words):
    predictor = chainrule.Predictor(digits()[0])
    with pytest.raises(chainrule.InvalidInputError, match=words):
        predictor.outputs(X)
    bare = chainrule.Predictor(chainrule.Mlp("64-3").to_model("mse"))
    with pytest.raises(chainrule.InvalidInputError, match=words):
        bare.outputs(X)


def test_rows_of_other_layouts_are_converted():
    model, _ = digits()
    predictor, X = chainrule.Predictor(model), rows(20)
    truth = model.outputs(X)
    for other in (X.astype(float), np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.astype(np.uint8), X.tolist()):
        np.testing.assert_array_equal(predictor.outputs(other), truth)


def test_what_is_no_model_or_number_is_refused(tmp_path):
    for model, threads in ((None, 1), ("m.safetensors", 1), (digits()[0], 0), (digits()[0], 1.5)):
        with pytest.raises(chainrule.InvalidInputError):
            chainrule.Predictor(model, threads)
    (tmp_path / "t.csv").write_text("town,y\n" + "Bonn,1.5\nUlm,2.5\n" * 10)
    data = chainrule.Dataset.read(tmp_path / "t.csv", "y")
    model = chainrule.Trainer(epochs=1).fit(chainrule.Mlp(f"{data.n_features}-1"), data)
    with pytest.raises(chainrule.InvalidInputError, match="town"):
        chainrule.Predictor(model)


def test_a_long_call_leaves_the_lock_and_sees_ctrl_c():
    predictor = chainrule.Predictor(chainrule.Mlp("64-1500-1500-2 relu").to_model("mse"))
    X = np.ones((400_000, 64), np.float32)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])  # it needs the lock
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            while True:
                predictor.outputs(X)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert predictor.outputs(X[:3]).shape == (3, 2)
