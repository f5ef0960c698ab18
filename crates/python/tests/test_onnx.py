"""skl2onnx converts the estimators, and onnxruntime computes what they do."""

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed: scripts/python-tests --all")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: scripts/python-tests --all")
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris, make_multilabel_classification, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import chainrule.onnx
from chainrule._chainrule import activation_names
from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS, KIND = load_iris(return_X_y=True)
# What is computed in float32 and compared with float64, and float64 with itself.
BOUNDS = {"float32": {"rtol": 2e-5, "atol": 2e-6}, "float64": {"rtol": 1e-12, "atol": 1e-13}}


@pytest.fixture(autouse=True)
def registered():
    chainrule.onnx.register()


def small(estimator=MLPClassifier, **settings):
    return estimator(**({"hidden_layer_sizes": (9, 6), "max_iter": 40, "random_state": 0} | settings))


def computed(model, X, options=None):
    """What onnxruntime computes for the rows, in their element type."""
    graph = skl2onnx.to_onnx(model, X[:1], options=options)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: X})


def assert_classifies_the_same(model, X, dtype):
    X = X.astype(dtype)
    labels, probabilities = computed(model, X, {"zipmap": False})
    computes_in = "float32" if model.activation == "gelu" else dtype  # its erf
    np.testing.assert_allclose(probabilities, model.predict_proba(X), **BOUNDS[computes_in])
    np.testing.assert_array_equal(labels, model.predict(X))
    assert probabilities.dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [*activation_names(), "elu(0.4)", "leaky_relu(0.3)"])
def test_each_activation_is_converted(activation, dtype):
    model = small(activation=activation, dtype=dtype).fit(IRIS / 4 - 0.5, KIND)
    # Far out, both sides of each activation are computed; scaled, so that no probability is 1 everywhere.
    X = np.random.RandomState(1).uniform(-3, 3, (200, 4))
    assert_classifies_the_same(model, X, dtype)
    labels = model.predict(X)
    assert len(np.unique(labels)) > 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm", ["batch_norm", "layer_norm"])
def test_each_normalisation_is_converted(norm, dtype):
    model = small(norm=norm, dropout=0.2, dtype=dtype, learning_rate_init=0.01).fit(IRIS, KIND)
    X = IRIS + np.random.RandomState(1).uniform(-1, 1, IRIS.shape)
    assert_classifies_the_same(model, X, dtype)
    assert len(np.unique(model.predict(X))) == 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_pipeline_with_a_scaler(dtype):
    model = make_pipeline(StandardScaler(), small()).fit(IRIS, KIND)
    X = IRIS.astype(dtype)
    labels, probabilities = computed(model, X, {"zipmap": False})
    bounds = BOUNDS[dtype] if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}  # skl2onnx scales in float32
    np.testing.assert_allclose(probabilities, model.predict_proba(X), **bounds)
    assert (labels == model.predict(X)).mean() > 0.99


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "names",
    [[3, 7, -2], [3, 7], [0.0, 1.0, 2.0], [0.0, 1.0], ["a", "b", "cé"], ["a", "cé"], [True, False]],
    ids=str,
)
def test_classes_keep_their_names(names, dtype):
    rows = KIND < len(names)
    y = np.array(names)[KIND[rows]]
    model = small().fit(IRIS[rows], y)
    assert_classifies_the_same(model, IRIS, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_several_labels(dtype):
    X, Y = make_multilabel_classification(150, 6, n_classes=4, random_state=0)
    model = small(max_iter=150, learning_rate_init=0.01).fit(X / 10, Y)
    assert 0.1 < model.predict(X / 10).mean() < 0.9
    assert_classifies_the_same(model, X / 10, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_values(loss, targets, dtype):
    X, y = make_regression(150, 6, n_targets=targets, random_state=0)
    y = y / y.std()
    model = small(MLPRegressor, loss=loss).fit(X, np.exp(y) if loss == "poisson" else y)
    X = X.astype(dtype)
    (values,) = computed(model, X)
    assert values.shape == (150, targets) and values.dtype == dtype
    np.testing.assert_allclose(values.reshape(model.predict(X).shape), model.predict(X), **BOUNDS[dtype])


def test_whole_numbers_are_taken_as_float32():
    X, y = load_digits(return_X_y=True)
    model = small(max_iter=5).fit(X[:300], y[:300])
    labels, probabilities = computed(model, X[:300].astype(np.int64), {"zipmap": False})
    np.testing.assert_allclose(probabilities, model.predict_proba(X[:300]), rtol=1e-3, atol=1e-5)
    assert probabilities.dtype == np.float32 and (labels == model.predict(X[:300])).mean() > 0.99


def test_options_of_skl2onnx():
    model = small().fit(IRIS, np.array(["x", "y", "z"])[KIND])
    X = IRIS.astype(np.float32)
    labels, maps = computed(model, X)  # zipmap is skl2onnx's default
    p = model.predict_proba(X)
    assert list(labels) == list(model.predict(X)) and set(maps[0]) == {"x", "y", "z"}
    np.testing.assert_allclose([row["y"] for row in maps], p[:, 1], rtol=2e-5, atol=2e-6)
    columns = computed(model, X, {"zipmap": "columns"})
    assert len(columns) == 4
    np.testing.assert_allclose(columns[3].ravel(), p[:, 2], rtol=2e-5, atol=2e-6)
    numbers, _ = computed(model, X, {"zipmap": False, "nocl": True})
    np.testing.assert_array_equal(numbers, p.argmax(axis=1))


def test_within_a_search_and_calibrated():
    X = IRIS.astype(np.float32)
    search = GridSearchCV(small(), {"alpha": [1e-4, 1e-2]}, cv=2).fit(IRIS, KIND)
    calibrated = CalibratedClassifierCV(small(), cv=2).fit(IRIS, KIND)
    for model in (search, calibrated):
        labels, probabilities = computed(model, X, {"zipmap": False})
        np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(labels, model.predict(X))


def test_a_classifier_of_one_class_is_refused():
    model = small().fit(IRIS[:50], KIND[:50])
    with pytest.raises(chainrule.InvalidInputError, match="one class"):
        skl2onnx.to_onnx(model, IRIS[:1].astype(np.float32))
