"""Losses of Python, checked by finite differences."""

import signal
import threading

import numpy as np
import pytest

import chainrule

X = np.random.default_rng(0).normal(size=(6, 3))
T = np.random.default_rng(1).normal(size=(6, 2))


def log_cosh(y, t):
    return np.log(np.cosh(y - t)).sum(), np.tanh(y - t)


@pytest.mark.parametrize("network", ["3-5-2 tanh", "3-5-2 relu", "3-5-4-2 batch_norm gelu dropout(0.3)", "3-2"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_right_gradient_passes(network, dtype):
    mlp = chainrule.Mlp(network, seed=1, dtype=dtype)
    before = mlp.weights_sha256()
    report = chainrule.gradcheck(mlp, X, log_cosh, T)
    assert report and not report.wrong and report.passed
    assert report.worst.ratio <= 1.0 and mlp.weights_sha256() == before
    names = [tensor.name for tensor in report.tensors]
    assert names[0] == "input" and "0.weight" in names and names[-2:] == ["output", "all"]
    shapes = {tensor.name: tensor.shape for tensor in report.tensors}
    assert shapes["input"] == (6, 3) and shapes["output"] == (6, 2) and shapes["0.weight"][0] == 3


@pytest.mark.parametrize("factor", [2.0, 0.0, -1.0, 1.001])
def test_a_wrong_gradient_is_named(factor):
    def wrong(y):
        value, gradient = log_cosh(y, T)
        return value, factor * gradient

    report = chainrule.gradcheck(chainrule.Mlp("3-5-2 tanh", seed=1), X, wrong)
    assert not report and not report.passed and "output" in report.wrong and "0.weight" in report.wrong
    assert report.worst.ratio > 1.0
    for text in (str(report), repr(report)):
        assert "WRONG: output at" in text and "the loss's own gradient" in text
    by_name = {tensor.name: tensor for tensor in report.tensors}
    expected = abs(factor - 1) / max(abs(factor), 1)
    assert by_name["output"].relative_error == pytest.approx(expected, rel=1e-3)


def test_a_single_wrong_element_is_found():
    def wrong(y):
        value, gradient = log_cosh(y, T)
        gradient[4, 1] *= 1.5
        return value, gradient

    report = chainrule.gradcheck(chainrule.Mlp("3-5-2 tanh", seed=1), X, wrong, elements=12)
    assert "output" in report.wrong
    at = {tensor.name: tensor.place for tensor in report.tensors}["output"]
    assert at == "[4, 1]" or at.startswith("direction")


def test_kinks_are_told():
    # Rows of zeros, and biases of 0: each unit is where ReLU has its kink.
    report = chainrule.gradcheck(chainrule.Mlp("3-5-2 relu", seed=1), np.zeros((6, 3)), log_cosh, T)
    kinks = {tensor.name: tensor.kinks for tensor in report.tensors}
    assert kinks["0.bias"] > 0 and kinks["output"] == 0
    assert not report and not report.wrong, "nothing is known to be wrong, and not enough to be right"
    assert f"0.bias: {kinks['0.bias']} of " in str(report) and "left out, for kinks" in str(report)


@pytest.mark.parametrize("change", ["noise", "offset", "half", "offset, gradient 0"])
def test_nothing_is_right_where_rounding_hides_it(change):
    random = np.random.default_rng(0)

    def loss(y):
        value, gradient = log_cosh(y, T)
        if change == "noise":
            return value + 1e-3 * random.random(), gradient
        if change == "half":
            return float(np.float16(value)), gradient
        return (value + 1e12, gradient) if change == "offset" else (value + 1e15, np.zeros_like(gradient))

    report = chainrule.gradcheck(chainrule.Mlp("3-5-2 tanh", seed=1), X, loss)
    assert not report and not report.passed and not report.wrong
    assert {tensor.verdict for tensor in report.tensors} == {"lost"}
    assert "nothing was checked" in str(report) and "float64" in str(report)


def test_a_gradient_of_0_is_right_where_others_are_found():
    mlp = chainrule.Mlp("3-5-2 relu", seed=1)
    mlp.set_parameters({"0.bias": np.full(5, -100.0)})  # no unit is above 0
    report = chainrule.gradcheck(mlp, X, log_cosh, T)
    verdicts = {tensor.name: tensor.verdict for tensor in report.tensors}
    assert report and verdicts["0.weight"] == "right" and verdicts["output"] == "right"


def test_the_loss_is_given_float64_and_may_compute():
    mlp, seen = chainrule.Mlp("3-4-2 relu", seed=1), set()
    predictor = chainrule.Predictor(mlp.to_model("mse"), threads=None)

    def loss(y):
        seen.add((y.dtype.name, y.shape, threading.get_ident()))
        predictor.outputs(X)
        return log_cosh(y, T)

    assert chainrule.gradcheck(mlp, X, loss, directions=1, elements=1)
    assert seen == {("float64", (6, 2), threading.get_ident())}


def test_what_cannot_be_checked_is_refused():
    mlp = chainrule.Mlp("3-4-2 relu", seed=1)
    for loss, words in (
        (lambda y: (np.inf, y), "inf"),
        (lambda y: 1.0, "two values"),
        (lambda y: (1.0, y[:2]), r"\(2, 2\); expected \(6, 2\)"),
        ("mse", "function"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.gradcheck(mlp, X, loss)
    for arguments, words in (
        ((mlp, X[:, :2], log_cosh, T), "x"),
        ((mlp, X[:0], log_cosh, T), "no rows"),
        ((mlp.to_model("mse"), X, log_cosh, T), "Mlp"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.gradcheck(*arguments)
    with pytest.raises(chainrule.InvalidInputError, match="directions"):
        chainrule.gradcheck(mlp, X, log_cosh, T, directions=0, elements=0)


def test_what_the_loss_raises_comes_out():
    calls = []

    def fails(y):
        calls.append(1)
        if len(calls) == 7:
            raise LookupError("the seventh")
        return log_cosh(y, T)

    with pytest.raises(LookupError, match="the seventh"):
        chainrule.gradcheck(chainrule.Mlp("3-4-2 relu", seed=1), X, fails)
    assert len(calls) == 7


def test_ctrl_c_ends_a_check():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    calls = []

    def loss(y):
        calls.append(1)
        if len(calls) == 9:
            signal.raise_signal(signal.SIGINT)
        return log_cosh(y, T)

    try:
        with pytest.raises(KeyboardInterrupt):
            chainrule.gradcheck(chainrule.Mlp("3-4-2 relu", seed=1), X, loss)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(calls) == 9
