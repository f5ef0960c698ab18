"""Models as ONNX: onnxruntime computes what they do, in both element types, and they are read back."""

import numpy as np
import pytest

import chainrule

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install onnxruntime")

ACTIVATIONS = [
    *("relu", "leaky_relu(0.2)", "elu(1.5)", "selu", "gelu", "gelu_tanh", "silu"),
    *("softplus", "softsign", "hardsigmoid", "sigmoid", "tanh", "identity"),
]
NETWORKS = [f"5-16-9-3 {activation}" for activation in ACTIVATIONS]
NETWORKS += ["5-9-3 batch_norm gelu dropout(0.2)", "5-9-3 layer_norm gelu", "dense(5, 4), log_softmax, dense(4, 3), softmax"]
# They do nothing where a model is asked.
NOT_WRITTEN = ("identity", "dropout(0.2)")
# Far out, both sides of each activation are computed.
X = np.random.default_rng(1).uniform(-30, 30, size=(300, 5))


def computed(model, path, X):
    """What onnxruntime computes for the rows, by the names of the graph's outputs."""
    model.to_onnx(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: X}), strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_activation_runs_in_both_element_types(tmp_path, network, dtype):
    mlp = chainrule.Mlp(network, seed=2, dtype=dtype)
    mlp.train_step(X, np.zeros((300, 3)), "mse", "sgd:lr=0.001")  # moves running statistics
    model = mlp.to_model("mse")
    found = computed(model, tmp_path / "m.onnx", X.astype(dtype))["outputs"]
    truth = model.outputs(X)
    assert found.dtype == dtype
    # erf is computed in float32, and eps is stored in it; beyond 20 softplus is the identity, as PyTorch's is: e^-20 = 2e-9.
    is_narrow = dtype == "float32" or "norm" in network or "gelu" in network.split()
    bound = 2e-6 if is_narrow else 3e-9 if "softplus" in network else 1e-12
    np.testing.assert_allclose(found, truth, rtol=0, atol=bound * np.abs(truth).max())
    again = chainrule.Model.load(tmp_path / "m.onnx")
    assert (again.dtype, again.layers) == (dtype, [layer for layer in model.layers if layer not in NOT_WRITTEN])
    np.testing.assert_array_equal(again.outputs(X), truth)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_classes_and_probabilities_of_a_network_with_gelu(tmp_path, dtype):
    train, _ = chainrule.Dataset.read("iris").split(seed=1)
    model = chainrule.Trainer(epochs=5, optimizer="adam:lr=0.02").fit(chainrule.Mlp("4-12-3 gelu", dtype=dtype), train)
    # The columns of a table are read in float64.
    rows = np.random.default_rng(3).uniform(0, 8, size=(200, 4))
    found = computed(model, tmp_path / "m.onnx", rows)
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(rows), rtol=1e-5, atol=1e-6)
    assert found["class"].tolist() == model.predict(rows).tolist()
