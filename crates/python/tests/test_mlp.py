"""Networks and steps of training."""

import threading

import numpy as np
import pytest
from own_losses import cross_entropy

import chainrule


def mlp(text="2-8-2 tanh", **settings):
    return chainrule.Mlp(text, **({"seed": 1} | settings))


def test_a_network_says_what_it_is():
    net = chainrule.Mlp("4-3-2 batch_norm relu dropout(0.5)", dtype="float64")
    assert net.layers == ["dense(4, 3)", "batch_norm(3)", "relu", "dropout(0.5)", "dense(3, 2)"]
    assert (net.n_features, net.n_outputs, net.n_parameters, net.dtype) == (4, 2, 29, "float64")
    assert {name: array.shape for name, array in net.parameters().items()} == {
        "0.weight": (4, 3),
        "0.bias": (3,),
        "1.weight": (3,),
        "1.bias": (3,),
        "4.weight": (3, 2),
        "4.bias": (2,),
    }
    assert str(net).splitlines()[-1].split()[:2] == ["total", "29"] and net.kernel
    for text, settings, words in (
        ("4-x", {}, "whole numbers"),
        ("4-2 rellu", {}, "rellu"),
        ("4-2", {"dtype": "float16"}, "float16"),
        ("4-2", {"seed": -1}, "seed"),
        ("4-2", {"init": "hee"}, "hee"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.Mlp(text, **settings)


def test_the_outputs_are_those_of_the_formula():
    for dtype, rounding in (("float32", 1e-5), ("float64", 1e-13)):
        net = mlp("3-5-2 tanh", dtype=dtype)
        w = net.parameters()
        X = np.random.default_rng(0).normal(size=(700, 3))
        truth = np.tanh(X @ w["0.weight"] + w["0.bias"]) @ w["2.weight"] + w["2.bias"]
        found = net(X)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, truth, rtol=rounding, atol=rounding)
        # Any number of rows gives the same bits.
        np.testing.assert_array_equal(np.concatenate([net(X[:1]), net(X[1:300]), net(X[300:])]), found)


def test_parameters_are_replaced_by_their_names_or_not_at_all():
    net = mlp("2-3-1 relu")
    before = net.weights_sha256()
    net.set_parameters({"2.bias": [7.0]})
    assert net.parameters()["2.bias"].tolist() == [7.0] and net.weights_sha256() != before
    other = mlp("2-3-1 relu", seed=9)
    other.set_parameters(net.parameters())
    assert other.weights_sha256() == net.weights_sha256()
    whole = net.weights_sha256()
    for wrong, words in (
        ({"0.bias": [1, 2, 3], "9.bias": [0]}, "9.bias"),
        ({"0.bias": [1, 2]}, r"\[2\]; expected \[3\]"),
        ({"0.bias": [1, 2, np.nan]}, "NaN"),
        ({"0.bias": ["a", "b", "c"]}, "expected numbers"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            net.set_parameters(wrong)
    assert net.weights_sha256() == whole


def test_steps_of_a_named_loss_and_of_the_same_in_python_agree():
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = np.arange(20) % 2
    ours, own = (mlp("2-6-2 relu", dtype="float64") for _ in range(2))
    for _ in range(5):
        a = ours.train_step(X, y, "cross-entropy", "adam:lr=0.01")
        b = own.train_step(X, y, cross_entropy, "adam:lr=0.01")
        assert a == pytest.approx(b, rel=1e-12)
    for name, value in ours.parameters().items():
        np.testing.assert_allclose(value, own.parameters()[name], rtol=1e-9, atol=1e-12)
    assert ours.train_step(X, y, "cross-entropy", "adam:lr=0.01") < 0.75


def test_steps_are_those_of_a_run():
    X = np.random.default_rng(4).normal(size=(12, 3))
    y = np.arange(12) % 4
    for optimizer in ("sgd:lr=0.3:momentum=0.9", "adamw:lr=0.02"):
        steps, run = mlp("3-7-4 batch_norm relu dropout(0.3)"), mlp("3-7-4 batch_norm relu dropout(0.3)")
        losses = [steps.train_step(X, y, "cross-entropy", optimizer) for _ in range(4)]
        trainer = chainrule.Trainer(optimizer=optimizer, epochs=4, batch_size=12, shuffle=False)
        model = trainer.fit(run, chainrule.Dataset(X, y))
        assert [epoch.loss for epoch in model.history] == losses
        assert steps.weights_sha256() == run.weights_sha256() == model.weights_sha256()
        np.testing.assert_array_equal(steps(X), model.outputs(X))


def test_gradients_leave_the_network_as_it_is():
    net = mlp("2-1", dtype="float64")
    X, t = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0.5, 1.0])
    before, error = net.weights_sha256(), net(X)[:, 0] - t
    value, gradients = net.gradients(X, t, "mse")
    assert value == pytest.approx((error**2).mean()) and net.weights_sha256() == before
    np.testing.assert_allclose(gradients["0.weight"][:, 0], X.T @ error)
    np.testing.assert_allclose(gradients["0.bias"], [error.sum()])


def test_what_a_loss_returns_is_checked():
    net, X = mlp("2-3"), np.ones((4, 2))
    whole = net.weights_sha256()
    for returned, words in (
        (1.0, "float; expected two"),
        ((1.0, np.zeros((4, 3)), 0), "3 values"),
        ((1.0, np.zeros(3)), r"\(3,\); expected \(4, 3\)"),
        ((1.0, np.full((4, 3), "x")), "expected numbers"),
        (("x", np.zeros((4, 3))), "expected a number"),
        ((2.5, np.full((4, 3), np.nan)), "the loss is 2.5, but its gradient .* is NaN"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            net.train_step(X, None, lambda y, t, returned=returned: returned)
    # A loss that is no number changes nothing, as the library's.
    assert np.isnan(net.train_step(X, None, lambda y, t: (np.nan, np.ones((4, 3)))))
    with pytest.raises(ZeroDivisionError):
        net.train_step(X, None, lambda y, t: 1 / 0)
    for y, words in ((np.array([0, 1, 2, 3]), "0 to 2"), (np.zeros(3, int), "3")):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            net.train_step(X, y, "cross-entropy")
    with pytest.raises(chainrule.InvalidInputError, match="adamm"):
        net.train_step(X, np.zeros(4, int), "cross-entropy", "adamm")
    assert net.weights_sha256() == whole


@pytest.mark.parametrize("X", [np.ones((3, 5)), np.ones(4), np.ones((0, 2)), [["a", "b"]]])
def test_rows_that_do_not_fit_are_refused(X):
    with pytest.raises(chainrule.InvalidInputError):
        mlp().forward(X)


def test_the_compiled_classes_refuse_what_does_not_fit():
    turned = np.ones((3, 2), np.float32).T
    net = chainrule.Mlp("3-2")._compiled
    predictor = chainrule.Predictor(chainrule.Mlp("3-2").to_model("mse"))._compiled
    estimators = chainrule._chainrule.Network([np.zeros((3, 2), np.float32)], [np.zeros(2, np.float32)], "relu", "identity")
    for call in (
        lambda: net.forward(turned),
        lambda: net.set_parameters([("0.weight", np.ones((2, 3), np.float32).T)]),
        lambda: predictor.outputs(turned, False, None),
        lambda: estimators.predict(turned),
    ):
        with pytest.raises(chainrule.InvalidInputError, match="aligned array in C order"):
            call()


def test_threads_that_use_one_network_are_refused_or_served():
    net, X = mlp("2-400-400-2 relu"), np.ones((2000, 2), np.float32)
    truth, found = net.forward(X), []

    def ask():
        for _ in range(5):
            try:
                found.append(np.array_equal(net.forward(X), truth))
            except chainrule.InvalidInputError as error:
                found.append("Predictor" in str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 20
