"""Losses of Python: what they may do, and what models say that were trained by them."""

import numpy as np
import pytest

import chainrule

RANDOM = np.random.default_rng(0)
X, T = RANDOM.normal(size=(100, 4)), RANDOM.normal(size=(100, 1))


def mse(y, t):
    return ((y - t) ** 2).mean(), 2 * (y - t) / y.size


def pinball(y, t, share=0.95):
    error = t - y
    return np.maximum(share * error, (share - 1) * error).mean(), np.where(error > 0, -share, 1 - share) / error.size


@pytest.mark.parametrize("way", ["gradients", "train_step", "forward", "set_parameters", "parameters", "copy"])
def test_a_loss_cannot_use_the_network_whose_pass_is_under_way(way):
    mlp = chainrule.Mlp("4-6-1 tanh", seed=1, dtype="float64")
    uses = {
        "gradients": lambda: mlp.gradients(X[50:], T[50:], mse),
        "train_step": lambda: mlp.train_step(X[50:], T[50:], "mse"),
        "forward": lambda: mlp.forward(X),
        "set_parameters": lambda: mlp.set_parameters({"0.bias": np.ones(6)}),
        "parameters": mlp.parameters,
        "copy": mlp.copy,
    }

    def loss(y, t):
        uses[way]()
        return mse(y, t)

    before = mlp.weights_sha256()
    for step in (lambda: mlp.gradients(X, T, loss), lambda: mlp.train_step(X, T, loss)):
        with pytest.raises(chainrule.InvalidInputError, match="the network is in use"):
            step()
    assert mlp.weights_sha256() == before, "it is as it was, and free again"
    other = mlp.copy()
    value, gradients = mlp.gradients(X, T, lambda y, t: (other.forward(X), mse(y, t))[1])
    truth, same = mlp.gradients(X, T, "mse")
    assert value == pytest.approx(truth, rel=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, same[name], rtol=1e-9, atol=1e-15)


def test_a_model_says_that_it_was_trained_by_a_loss_of_ones_own(tmp_path):
    data = chainrule.Dataset(X, T)
    settings = {"optimizer": "adam:lr=0.01", "epochs": 3}
    own = chainrule.Trainer(pinball, **settings).fit(chainrule.Mlp("4-6-1 tanh", seed=1), data)
    own.save(tmp_path / "m.safetensors")
    for model in (own, chainrule.Model.load(tmp_path / "m.safetensors")):
        assert (model.loss, model.has_own_loss) == ("mse", True)
        text = model.trace(X[:1], T[:1]).text
        assert "own training" not in text and "a loss of the caller's own" in text and "one by mse" in text
        found = model.doctor(data)
        assert found.has_own_loss and found.loss_name == "mse" and "(mse; the model was trained by" in str(found)
        assert not {"loss-at-chance", "noisy-targets"} & {finding.kind for finding in found.findings}
    usual = chainrule.Trainer("mse", **settings).fit(chainrule.Mlp("4-6-1 tanh", seed=1), data)
    assert not usual.has_own_loss and "own training" in usual.trace(X[:1], T[:1]).text
    assert "(mse" not in str(usual.doctor(data)).splitlines()[0]
