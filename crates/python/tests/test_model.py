"""Model files: written, read and asked."""

import json
import struct
import threading

import numpy as np
import pytest

import chainrule

pytest.importorskip("sklearn", "1.6")
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression

from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS, KIND = load_iris(return_X_y=True)


def through_a_file(model, folder):
    model.save(folder / "model.safetensors")
    return chainrule.Model.load(folder / "model.safetensors")


def fitted(X=IRIS, y=KIND, **settings):
    return MLPClassifier(**({"hidden_layer_sizes": (8, 6), "max_iter": 40, "random_state": 0} | settings)).fit(X, y)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity", "gelu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_file_predicts_as_the_estimator_that_it_is_of(tmp_path, activation, dtype):
    estimator = fitted(activation=activation, dtype=dtype)
    model = through_a_file(estimator.to_model(), tmp_path)
    np.testing.assert_allclose(model.predict_proba(IRIS), estimator.predict_proba(IRIS), rtol=1e-5)
    np.testing.assert_array_equal(model.predict(IRIS), estimator.predict(IRIS))
    assert (model.dtype, model.task, model.loss) == (dtype, "classification", "cross-entropy")
    assert (model.n_features, model.n_outputs, model.class_names) == (4, 3, None)
    assert model.layers[0] == "dense(4, 8)" and repr(model).startswith("Model(dense(4, 8), ")


def test_classes_keep_their_names_also_two_of_them(tmp_path):
    names = np.array(["setosa", "versicolor", "virginica"])[KIND]
    for rows in (slice(None), slice(0, 100)):
        estimator = fitted(IRIS[rows], names[rows])
        model = through_a_file(estimator.to_model(), tmp_path)
        assert model.class_names == list(estimator.classes_)
        np.testing.assert_array_equal(model.predict(IRIS), estimator.predict(IRIS))
        np.testing.assert_allclose(model.predict_proba(IRIS), estimator.predict_proba(IRIS), rtol=1e-9)


def test_labels_and_values(tmp_path):
    X, Y = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
    estimator = fitted(X, Y)
    model = through_a_file(estimator.to_model(), tmp_path)
    assert model.task == "multi-label"
    np.testing.assert_array_equal(model.predict(X), estimator.predict(X))
    for targets in (1, 2):
        X, y = make_regression(80, 6, n_targets=targets, random_state=0)
        estimator = MLPRegressor(max_iter=20, random_state=0).fit(X, y)
        model = through_a_file(estimator.to_model(), tmp_path)
        assert model.task == "regression"
        np.testing.assert_allclose(model.predict(X), estimator.predict(X), rtol=1e-9)
        with pytest.raises(chainrule.InvalidInputError, match="probabilities"):
            model.predict_proba(X)
    counts = MLPRegressor(loss="poisson", max_iter=5).fit(X, np.abs(y[:, 0]))
    with pytest.raises(chainrule.InvalidInputError, match="poisson"):
        counts.to_model()


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        chainrule.Model.load(tmp_path / "nowhere.safetensors")
    with pytest.raises(OSError, match="no-folder"):
        fitted().to_model().save(tmp_path / "no-folder" / "model.safetensors")
    path = tmp_path / "model.safetensors"
    fitted().to_model().save(path)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[-5] ^= 16
    for content in (b"", b"model", whole[: len(whole) // 2], bytes(damaged)):
        path.write_bytes(content)
        with pytest.raises(chainrule.InvalidInputError, match=r"model\.safetensors"):
            chainrule.Model.load(path)


def with_columns(path, columns):
    """Adds a table's columns and their standardisation to a file, as the command saves them, without its checksum."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = json.loads(header["__metadata__"]["chainrule"])
    del metadata["checksum"]
    metadata.pop("stored_rows", None)
    width = len(columns)
    metadata["version"] = 2
    metadata["schema"] = {
        "table_columns": width + 1,
        "columns": [{"name": name, "index": at, "kind": kind} for at, (name, kind) in enumerate(columns)],
    }
    metadata["preprocess"] = {"kind": "standardize", "mean": [2.0] * width, "std": [4.0] * width}
    header["__metadata__"]["chainrule"] = json.dumps(metadata)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return chainrule.Model.load(path)


def test_a_models_columns_are_found_by_their_names_and_standardised(tmp_path):
    pd = pytest.importorskip("pandas")
    estimator = fitted()
    estimator.to_model().save(tmp_path / "m.safetensors")
    names = ["long", "wide", "petal", "leaf"]
    model = with_columns(tmp_path / "m.safetensors", [(name, {"kind": "number"}) for name in names])
    assert model.feature_names == names
    truth = estimator.predict_proba((IRIS - 2.0) / 4.0)
    np.testing.assert_allclose(model.predict_proba(IRIS), truth, rtol=1e-9)
    frame = pd.DataFrame(IRIS, columns=names)[["leaf", "petal", "wide", "long"]].assign(other="text")
    np.testing.assert_allclose(model.predict_proba(frame), truth, rtol=1e-9)
    with pytest.raises(chainrule.InvalidInputError, match="no column 'wide'"):
        model.predict(frame.drop(columns="wide"))


@pytest.mark.parametrize(
    "kind",
    [{"kind": "number", "log1p": True}, {"kind": "number", "fill": 1.0}, {"kind": "flag", "no": "n", "yes": "y"}],
)
def test_a_model_of_columns_that_are_no_plain_numbers_is_refused(tmp_path, kind):
    fitted().to_model().save(tmp_path / "m.safetensors")
    number = {"kind": "number"}
    model = with_columns(tmp_path / "m.safetensors", [("a", number), ("b", kind), ("c", number), ("d", number)])
    with pytest.raises(chainrule.InvalidInputError, match='column "b"'):
        model.predict(IRIS)


def test_rows_that_do_not_fit_are_refused():
    model = fitted().to_model()
    for bad, words in (
        (IRIS[:, :3], "3"),
        (IRIS[0], "1 dim"),
        (np.full((2, 4), np.nan), "finite"),
        (IRIS[:0], "least"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            model.predict(bad)


def test_threads_share_a_model():
    model = fitted().to_model()
    truth, found = model.outputs(IRIS), [None] * 8

    def ask(at):
        found[at] = model.outputs(IRIS)

    threads = [threading.Thread(target=ask, args=[at]) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        np.testing.assert_array_equal(each, truth)


class Tensor:
    """As much of one of PyTorch's as `from_torch` asks."""

    def __init__(self, values):
        self.values, self.shape = np.asarray(values, np.float32), np.shape(values)

    @property
    def T(self):
        return Tensor(self.values.T)

    def contiguous(self):
        return Tensor(np.ascontiguousarray(self.values))

    def numpy(self):
        return self.values

    def detach(self):
        return self

    cpu = detach


class Linear:
    def __init__(self, seed):
        draw = np.random.default_rng(seed)
        self.weight, self.bias = Tensor(draw.normal(size=(4, 4))), Tensor(draw.normal(size=4))


class ReLU:
    pass


class Sequential:
    def __init__(self, *modules):
        self._modules = {str(number): module for number, module in enumerate(modules)}

    def named_children(self):
        seen = []
        for name, module in self._modules.items():
            if module is not None and not any(module is other for other in seen):
                seen.append(module)
                yield name, module


def test_modules_that_stand_in_several_places_are_taken_in_each():
    relu, tied = ReLU(), Linear(1)
    model = chainrule.from_torch(Sequential(tied, relu, None, Linear(2), relu, Sequential(tied, relu)), "mse")
    assert model.layers == ["dense(4, 4)", "relu"] * 3
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    expected = x
    for linear in (tied, Linear(2), tied):
        expected = np.maximum(expected @ linear.weight.values.T + linear.bias.values, 0)
    np.testing.assert_allclose(model.outputs(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("loss", "names", "words"),
    [
        ("cross-entropy", ["a", "b"], "4"),
        ("cross-entropy", ["a", "b", "c", "a"], 'class name "a" of class 3'),
        ("cross-entropy", ["a", "b", "c", "d\n"], "no control characters"),
        ("mse", ["a", "b", "c", "d"], "loss is 'mse', a loss of values"),
        ("huber(0.5)", ["a", "b", "c", "d"], "a loss of values"),
    ],
)
def test_names_of_classes_that_do_not_fit_are_refused(loss, names, words):
    coefs, intercepts = [np.zeros((3, 4))], [np.zeros(4)]
    for call in (
        lambda: chainrule.Mlp("3-4").to_model(loss, names),
        lambda: chainrule.from_torch(Sequential(Linear(1)), loss, names),
        lambda: chainrule._chainrule.Model.from_parameters(coefs, intercepts, "relu", loss.replace("-", "_"), names, None),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            call()
    with pytest.raises(chainrule.InvalidInputError, match="yes or no: expected none"):
        chainrule.Mlp("3-1").to_model("binary-cross-entropy", ["yes"])
    assert chainrule.Mlp("3-2").to_model("binary-cross-entropy", ["old", "red"]).class_names == ["old", "red"]
