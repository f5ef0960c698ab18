"""Models traced, drawn, examined, evaluated and exported; other libraries' networks as models."""

import json
import xml.etree.ElementTree

import numpy as np
import pytest

import chainrule

pytest.importorskip("sklearn", "1.6")
import sklearn.neural_network
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.metrics import log_loss, r2_score

from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS, KIND = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[KIND]


def iris_model(y=KIND, **settings):
    return MLPClassifier((8, 6), max_iter=200, random_state=0, **settings).fit(IRIS, y).to_model()


def test_scores_are_those_of_scikit_learn():
    for y in (KIND, NAMES):
        model = iris_model(y)
        scores = model.evaluate(IRIS, y)
        assert scores["accuracy"] == pytest.approx(np.mean(model.predict(IRIS) == y))
        assert scores["loss"] == pytest.approx(log_loss(y, model.predict_proba(IRIS)), rel=1e-6)
    X, y = load_diabetes(return_X_y=True)
    regression = MLPRegressor(max_iter=300, random_state=0).fit(X, y).to_model()
    assert regression.evaluate(X, y)["r2"] == pytest.approx(r2_score(y, regression.predict(X)), rel=1e-6)
    X, Y = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    labels = MLPClassifier(max_iter=50, random_state=0).fit(X, Y).to_model()
    assert labels.evaluate(X, Y)["loss"] > 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_trace_has_the_numbers_of_the_step(dtype):
    model = iris_model(dtype=dtype)
    trace = model.trace(IRIS[:2], KIND[:2])
    whole = trace.to_dict()
    # What the network says of these rows stands somewhere among its numbers, to the bit.
    logits = list(model.outputs(IRIS[:2]).ravel())
    numbers = set()

    def collect(node):
        if isinstance(node, dict):
            node = list(node.values())
        if isinstance(node, list):
            for part in node:
                collect(part)
        elif isinstance(node, float):
            numbers.add(np.dtype(dtype).type(node))

    collect(whole)
    assert numbers.issuperset(logits)
    assert str(trace) == trace.text and "loss" in trace.text
    assert trace._repr_markdown_().startswith("#") and "<pre>" in trace._repr_html_()
    assert "plain" not in trace.text and "does not say how it was trained" in trace.text
    many = model.trace(IRIS[:1], KIND[:1], steps=3)
    assert len(many.text) > 2 * len(model.trace(IRIS[:1], KIND[:1]).text)


def test_graphs_are_pictures(tmp_path):
    model = iris_model(NAMES)
    for view in ("neurons", "operations"):
        for data in ({}, {"X": IRIS, "y": NAMES, "row": 60}):
            graph = model.graph(view=view, **data)
            for svg in (graph._repr_svg_(), graph.svg(dark=True)):
                assert xml.etree.ElementTree.fromstring(svg).tag.endswith("svg")
            assert graph.dot().startswith("digraph") and "flowchart" in graph.mermaid()
    assert "versicolor" in model.graph(IRIS, NAMES, row=60).svg()
    model.graph().save(tmp_path / "graph.dot")
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")
    with pytest.raises(chainrule.InvalidInputError, match="none of .svg"):
        model.graph().save(tmp_path / "graph.gif")
    with pytest.raises(chainrule.InvalidInputError, match="'neurons' or 'operations'"):
        model.graph(view="layers")
    with pytest.raises(chainrule.InvalidInputError, match="y is missing"):
        model.graph(IRIS)
    with pytest.raises(chainrule.InvalidInputError, match="row is 150 of 150 rows"):
        model.graph(IRIS, NAMES, row=150)


def test_the_doctor_knows_the_sick_from_the_healthy():
    X = (IRIS - IRIS.mean(axis=0)) / IRIS.std(axis=0)
    network = MLPClassifier((16,), max_iter=500, random_state=0).fit(X, KIND)
    healthy = network.to_model().doctor(X, KIND)
    assert healthy, str(healthy)
    network.intercepts_[0][:] = -1000
    found = network.to_model().doctor(X, KIND)
    assert not found and "dead-units" in [finding.kind for finding in found.findings]
    dead_units = next(finding for finding in found.findings if finding.kind == "dead-units")
    assert dead_units.layer and dead_units.advice and dead_units.numbers["dead"] == 16
    assert "dead-units" in str(found) and found.rows == 150


def test_exports_are_files_of_their_formats(tmp_path):
    model = iris_model(NAMES)
    model.to_onnx(tmp_path / "m.onnx")
    model.to_c(tmp_path / "m.c", int8=True)
    for ending in ("rs", "json", "npz"):
        model.export(tmp_path / f"m.{ending}")
    assert b"Gemm" in (tmp_path / "m.onnx").read_bytes()
    assert "eight bits" in (tmp_path / "m.c").read_text()
    assert json.loads((tmp_path / "m.json").read_text())
    with np.load(tmp_path / "m.npz") as arrays:
        assert len(arrays.files) >= 6
    with pytest.raises(chainrule.InvalidInputError, match="name the format"):
        model.export(tmp_path / "m.xyz")
    with pytest.raises(chainrule.InvalidInputError, match="pickle"):
        model.export(tmp_path / "m.xyz", to="pickle")
    assert not (tmp_path / "m.xyz").exists()


def test_targets_that_do_not_fit_are_refused():
    model = iris_model(NAMES)
    with pytest.raises(chainrule.InvalidInputError, match="'rose'"):
        model.evaluate(IRIS[:1], ["rose"])
    with pytest.raises(chainrule.InvalidInputError, match="class of 0 to 2"):
        iris_model().evaluate(IRIS[:1], [3])
    with pytest.raises(chainrule.InvalidInputError, match="class of 0 to 2"):
        iris_model().evaluate(IRIS[:1], [0.5])
    with pytest.raises(chainrule.InvalidInputError):
        iris_model().evaluate(IRIS[:2], [0])


@pytest.mark.parametrize("y", [KIND, NAMES, KIND == 1], ids=["numbers", "names", "two"])
def test_scikit_learns_own_perceptrons_become_models(y):
    theirs = sklearn.neural_network.MLPClassifier((8,), max_iter=50, random_state=0).fit(IRIS, y)
    model = chainrule.from_sklearn(theirs)
    np.testing.assert_allclose(model.predict_proba(IRIS), theirs.predict_proba(IRIS), rtol=1e-9)
    values = sklearn.neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=50, random_state=0).fit(IRIS, KIND)
    np.testing.assert_allclose(chainrule.from_sklearn(values).predict(IRIS), values.predict(IRIS), rtol=1e-9)
    with pytest.raises(chainrule.InvalidInputError, match="LogisticRegression"):
        from sklearn.linear_model import LogisticRegression

        chainrule.from_sklearn(LogisticRegression())


def modules(nn):
    activations = [nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.LeakyReLU(0.2), nn.ELU(1.5), nn.SELU(), nn.GELU()]
    activations += [nn.GELU("tanh"), nn.SiLU(), nn.Softplus(), nn.Softsign(), nn.Hardsigmoid(), nn.Identity()]
    for activation in activations:
        yield nn.Sequential(nn.Linear(4, 6), activation, nn.Linear(6, 3))
    yield nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6, eps=1e-3), nn.ReLU()), nn.Dropout(0.2))
    yield nn.Sequential(nn.Linear(4, 6, bias=False), nn.LayerNorm(6, eps=1e-4), nn.Linear(6, 3), nn.Softmax(dim=1)).double()


def test_modules_of_pytorch_become_models_and_come_back():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    for module in modules(torch.nn):
        double = next(module.parameters()).dtype == torch.float64
        X = torch.randn(50, 4, dtype=torch.float64 if double else torch.float32)
        module.train()(X)  # moves running statistics
        module.eval()
        with torch.no_grad():
            theirs = module(X).numpy()
        model = chainrule.from_torch(module, loss="mse")
        np.testing.assert_allclose(model.outputs(X.numpy()), theirs, rtol=2e-5, atol=1e-6)
        with torch.no_grad():
            back = chainrule.to_torch(model)(X).numpy()
        np.testing.assert_allclose(back, theirs, rtol=1e-6, atol=1e-7)


def test_modules_that_are_none_of_ours_are_refused_by_name():
    torch = pytest.importorskip("torch")
    nn = torch.nn
    refused = [
        (nn.Sequential(nn.Conv1d(1, 1, 1)), "module 0 is Conv1d"),
        (nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Mish())), "module 1.0 is Mish"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softplus(beta=2)), "Softplus"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(dim=0)), "Softmax"),
        (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, affine=False)), "BatchNorm1d"),
        (nn.Sequential(nn.Linear(2, 2).half()), "float16"),
        (nn.Sequential(nn.ReLU()), "without a layer that has weights"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 1)), ""),
    ]
    for module, words in refused:
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.from_torch(module, loss="mse")
    with pytest.raises(chainrule.InvalidInputError, match="hinge"):
        chainrule.from_torch(nn.Sequential(nn.Linear(2, 2)), loss="hinge")
