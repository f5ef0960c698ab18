"""PyTorch beside chainrule: tensors in both directions, losses by autograd, and the same steps."""

import copy
import pickle

import numpy as np
import pytest

import chainrule

torch = pytest.importorskip("torch", reason="PyTorch is not installed: scripts/python-tests --all, or pip install torch")
nn, F = torch.nn, torch.nn.functional
torch.set_num_threads(1)  # threads wait longer for one another than these rows take

X = np.random.default_rng(5).normal(size=(24, 4))
CLASSES = np.arange(24) % 3
VALUES = np.stack([X[:, 0] - X[:, 1], np.sin(X[:, 2]), X[:, 3] ** 2], axis=1)


def tensors(dtype=torch.float64):
    return torch.from_numpy(X).to(dtype), torch.from_numpy(CLASSES), torch.from_numpy(VALUES).to(dtype)


def networks(layers="4-7-3 batch_norm tanh", dtype="float64"):
    """A network, and the module with its weights."""
    net = chainrule.Mlp(layers, seed=3, dtype=dtype)
    module = chainrule.to_torch(net.to_model("cross-entropy")).train()
    for each in module.modules():
        assert not isinstance(each, nn.BatchNorm1d) or each.track_running_stats
    return net, module


def assert_same_weights(net, module, rtol):
    for name, theirs in module.state_dict().items():
        if name.split(".")[1] in ("weight", "bias"):
            theirs = theirs.numpy().T if theirs.ndim == 2 else theirs.numpy()
            np.testing.assert_allclose(net.parameters()[name], theirs, rtol=rtol, atol=rtol, err_msg=name)


OPTIMIZERS = {
    "sgd:lr=0.1": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd:lr=0.1:weight-decay=0.01": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01),
    "sgd:lr=0.05:momentum=0.9": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "sgd:lr=0.05:momentum=0.9:nesterov=1": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adam:lr=0.01": lambda p: torch.optim.Adam(p, lr=0.01),
    "adam:lr=0.01:beta1=0.8:beta2=0.99:eps=1e-6": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6),
    "adamw:lr=0.01:weight-decay=0.1": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "rmsprop:lr=0.01:alpha=0.9": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9),
    "adagrad:lr=0.05": lambda p: torch.optim.Adagrad(p, lr=0.05),
}
LOSSES = {
    "cross-entropy": (CLASSES, lambda z, y, t: F.cross_entropy(z, y)),
    "mse": (VALUES, lambda z, y, t: F.mse_loss(z, t)),
    "mae": (VALUES, lambda z, y, t: F.l1_loss(z, t)),
    "huber(0.5)": (VALUES, lambda z, y, t: F.huber_loss(z, t, delta=0.5)),
    "binary-cross-entropy": (np.eye(3)[CLASSES], lambda z, y, t: F.binary_cross_entropy_with_logits(z, F.one_hot(y, 3).to(z))),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    ("layers", "dtype", "rtol"),
    [
        ("4-6-5-3 layer_norm gelu", "float64", 1e-9),
        ("4-8-3 silu", "float64", 1e-9),
        # The gradient of the bias before the normalisation is rounding alone, which AdaGrad divides by its own size.
        ("4-7-3 batch_norm tanh", "float64", 1e-6),
        ("4-8-3 relu", "float32", 2e-4),
    ],
)
def test_steps_are_those_of_torchs_optimisers(optimizer, layers, dtype, rtol):
    net, module = networks(layers, dtype)
    x, y, _ = tensors(getattr(torch, dtype))
    theirs = OPTIMIZERS[optimizer](module.parameters())
    for step in range(12):
        theirs.zero_grad()
        loss = F.cross_entropy(module(x), y)
        loss.backward()
        theirs.step()
        assert net.train_step(x, y, "cross-entropy", optimizer) == pytest.approx(loss.item(), rel=rtol), step
    assert_same_weights(net, module, rtol)
    with torch.no_grad():
        np.testing.assert_allclose(net(x), module.eval()(x).numpy(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_and_gradients_are_those_of_torchs(loss):
    net, module = networks("4-7-3 batch_norm gelu")
    targets, theirs = LOSSES[loss]
    x, y, t = tensors()
    value, gradients = net.gradients(X, targets, loss)
    expected = theirs(module(x), y, t)
    expected.backward()
    assert value == pytest.approx(expected.item(), rel=1e-12)
    for name, parameter in module.named_parameters():
        gradient = parameter.grad.numpy().T if parameter.ndim == 2 else parameter.grad.numpy()
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_loss_by_autograd_trains_as_the_named_one():
    def by_autograd(outputs, targets):
        z = torch.from_numpy(outputs).requires_grad_()
        loss = F.cross_entropy(z, torch.as_tensor(targets))
        loss.backward()
        return loss.item(), z.grad  # a tensor is taken as it is

    named, own = (chainrule.Mlp("4-6-3 relu", seed=1, dtype="float64") for _ in range(2))
    for _ in range(5):
        a = named.train_step(X, CLASSES, "cross-entropy", "adam:lr=0.01")
        assert own.train_step(X, CLASSES, by_autograd, "adam:lr=0.01") == pytest.approx(a, rel=1e-12)
    np.testing.assert_allclose(own(X), named(X), rtol=1e-9)
    assert chainrule.gradcheck(own, X, by_autograd, CLASSES)
    data = chainrule.Dataset(*tensors()[:2])
    settings = {"epochs": 3, "batch_size": 8, "seed": 2}
    models = [chainrule.Trainer(loss, **settings).fit(own.copy(), data) for loss in (None, by_autograd)]
    np.testing.assert_allclose(models[0].outputs(X), models[1].outputs(X), rtol=1e-9)


def test_a_run_is_a_loop_of_torchs():
    net, module = networks("4-7-3 relu")
    x, y, _ = tensors()
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.02, weight_decay=0.01)
    for _ in range(4):
        for rows in torch.arange(24).split(10):  # the last minibatch is shorter
            optimizer.zero_grad()
            F.cross_entropy(module(x[rows]), y[rows]).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 0.1)
            optimizer.step()
    settings = {"epochs": 4, "batch_size": 10, "shuffle": False, "clip_norm": 0.1, "preprocess": "none"}
    chainrule.Trainer(optimizer="adamw:lr=0.02:weight-decay=0.01", **settings).fit(net, chainrule.Dataset(x, y))
    assert_same_weights(net, module, 1e-6)  # PyTorch adds 1e-6 to the norm that it divides by


def test_tensors_are_read_where_they_lie():
    net = chainrule.Mlp("4-3", seed=1)
    rows = X.astype(np.float32)
    tensor = torch.from_numpy(rows)
    assert np.shares_memory(net._x(tensor), rows)
    for same in (tensor, tensor.double(), tensor.T.contiguous().T, torch.cat([tensor, tensor], 1)[:, :4]):
        np.testing.assert_array_equal(net.forward(same), net.forward(rows))
    model = net.to_model("cross-entropy", ["a", "b", "c"])
    for ask in (model.outputs, model.predict, model.predict_proba, chainrule.Predictor(model).predict_proba):
        np.testing.assert_array_equal(ask(tensor), ask(rows))
    assert model.evaluate(tensor, ["a"] * 24) == model.evaluate(rows, ["a"] * 24)
    for wrong, words in (
        (tensor.clone().requires_grad_(), "detach"),
        (tensor[0], "1 dim"),
        (tensor.bfloat16(), "X"),
        (torch.complex(tensor, tensor), "numbers"),
        (torch.empty(2, 4, device="meta"), "X"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            net.forward(wrong)


def test_arrays_become_tensors_without_a_copy():
    net = chainrule.Mlp("4-6-3 relu", seed=1)
    model = net.to_model("cross-entropy")
    predictor = chainrule.Predictor(model)
    _, gradients = net.gradients(X, CLASSES, "cross-entropy")
    arrays = [net(X), model.outputs(X), predictor.outputs(X), *net.parameters().values(), *gradients.values()]
    for array in arrays:
        tensor = torch.from_dlpack(array)
        tensor[...] = 7.0
        assert (array == 7.0).all() and tensor.dtype == torch.float32
    # Into a tensor's memory.
    out = torch.zeros(24, 3)
    predictor.outputs(X, out=out.numpy())
    np.testing.assert_array_equal(out.numpy(), model.outputs(X))
    # What a tensor is set to, the network has; it does not see later changes.
    weights = torch.full((4, 6), 0.5)
    net.set_parameters({"0.weight": weights, "0.bias": torch.arange(6)})
    weights.zero_()
    assert (net.parameters()["0.weight"] == 0.5).all() and net.parameters()["0.bias"].tolist() == [0, 1, 2, 3, 4, 5]


def test_weights_go_to_a_module_and_come_back_after_its_steps():
    net, module = networks("4-6-3 layer_norm relu", "float32")
    x, y, _ = tensors(torch.float32)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    F.cross_entropy(module(x), y).backward()
    optimizer.step()
    back = chainrule.Mlp.from_model(chainrule.from_torch(module.eval(), loss="cross-entropy"))
    net.train_step(x, y, "cross-entropy", "sgd:lr=0.1")
    for name, ours in net.parameters().items():
        np.testing.assert_allclose(back.parameters()[name], ours, rtol=1e-5, atol=1e-6)
    # A module's weights are its own: what trains on in one is not seen by the other.
    before = back.weights_sha256()
    optimizer.step()
    assert back.weights_sha256() == before
    for again in (pickle.loads(pickle.dumps(back)), copy.deepcopy(back)):
        np.testing.assert_array_equal(again(x), back(x))


def test_modules_that_stand_in_several_places_are_taken_in_each():
    relu, tied = nn.ReLU(), nn.Linear(4, 4)
    module = nn.Sequential(tied, relu, nn.Sequential(tied, relu), nn.Linear(4, 3)).eval()
    model = chainrule.from_torch(module, "cross-entropy")
    assert [words.split("(")[0] for words in model.layers] == ["dense", "relu", "dense", "relu", "dense"]
    with torch.no_grad():
        np.testing.assert_allclose(model.outputs(X), module(tensors(torch.float32)[0]).numpy(), rtol=1e-4, atol=1e-5)


def test_a_state_dict_and_a_saved_file_are_one(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    net, module = networks("4-7-3 batch_norm relu", "float32")
    net.to_model("cross-entropy").export(tmp_path / "m.safetensors", to="torch")
    module.load_state_dict(safetensors.load_file(tmp_path / "m.safetensors"))
    x = tensors(torch.float32)[0]
    with torch.no_grad():
        np.testing.assert_allclose(module.eval()(x).numpy(), net(x), rtol=1e-5, atol=1e-6)
