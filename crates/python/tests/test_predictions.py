"""Predictions of few and of many rows: the same bits on every way, and always those of the weights as they are now."""

import copy
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import NotFittedError

import chainrule
from chainrule._chainrule import Network, activation_names, output_of_few
from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
FEW = 256  # rows that are computed from the weights where they lie
ROWS = (1, 2, 7, FEW, FEW + 1, 600)


def data(kind):
    make = {
        "two classes": lambda: make_classification(600, 70, n_informative=9, random_state=0),
        "classes": lambda: make_classification(600, 70, n_informative=9, n_classes=5, random_state=1),
        "labels": lambda: make_multilabel_classification(600, 70, n_classes=4, random_state=2),
        "values": lambda: make_regression(600, 70, n_targets=3, random_state=3),
        "counts": lambda: make_regression(600, 70, n_targets=1, random_state=4),
    }
    X, y = make[kind]()
    X = X / np.abs(X).max()
    return X, np.exp(y / np.abs(y).max()) if kind == "counts" else y


def fitted(kind="classes", dtype="float64", **settings):
    X, y = data(kind)
    estimator = MLPRegressor if kind in ("values", "counts") else MLPClassifier
    settings = {"hidden_layer_sizes": (33, 17), "max_iter": 3, "random_state": 0, "dtype": dtype} | settings
    if kind == "counts":
        settings["loss"] = "poisson"
    return estimator(**settings).fit(X, y), np.ascontiguousarray(X, dtype=dtype)


def arguments(model):
    return (model.coefs_, model.intercepts_), (model.activation, model.out_activation_, model.n_threads)


def predicted(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def truth(model, X):
    """As a new estimator of the same numbers predicts, which has never seen the arrays."""
    fresh = copy.deepcopy(model)
    fresh.coefs_, fresh.intercepts_ = ([np.array(a) for a in arrays] for arrays in (model.coefs_, model.intercepts_))
    return predicted(fresh, X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("kind", "activation"),
    [("classes", name) for name in activation_names()]
    + [(kind, "relu") for kind in ("two classes", "labels", "values", "counts")],
)
def test_few_rows_have_the_bits_of_the_library(kind, activation, dtype):
    model, X = fitted(kind, dtype, activation=activation)
    network = Network(model.coefs_, model.intercepts_, model.activation, model.out_activation_)
    for rows in ROWS:
        found = output_of_few(*arguments(model), X[:rows])
        assert (found is None) == (rows > FEW)
        if found is not None:
            np.testing.assert_array_equal(found, network.predict(X[:rows]))
            assert found.dtype == dtype


@pytest.mark.parametrize("n_threads", [1, 2])
def test_networks_that_take_longer_have_them_too(n_threads):
    model, X = fitted(hidden_layer_sizes=(900, 700), max_iter=1, n_threads=n_threads)
    network = Network(model.coefs_, model.intercepts_, "relu", "softmax", n_threads)
    np.testing.assert_array_equal(output_of_few(*arguments(model), X[:9]), network.predict(X[:9]))


@pytest.mark.parametrize("rows", [1, 40, 600])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_are_read_as_they_are_now(rows, dtype):
    model, X = fitted(dtype=dtype)
    X = X[:rows]

    def in_place(arrays, at):
        arrays[at][...] = arrays[at][..., ::-1].copy()

    def one_number(arrays, at):
        arrays[at].flat[-1] += 0.5

    def another_array(arrays, at):
        arrays[at] = 1.5 * arrays[at]

    def another_order(arrays, at):
        arrays[at] = np.asfortranarray(0.5 * arrays[at])

    def strided(arrays, at):
        arrays[at] = np.repeat(2.0 * arrays[at], 2, axis=-1).astype(dtype)[..., ::2]

    before = predicted(model, X)
    for change in (in_place, one_number, another_array, another_order, strided):
        for arrays in (model.coefs_, model.intercepts_):
            change(arrays, 2)
            now = predicted(model, X)
            assert not np.array_equal(now, before), change.__name__
            np.testing.assert_array_equal(now, truth(model, X))
            before = now
    model.coefs_, model.intercepts_ = [a + 0.01 for a in model.coefs_], tuple(model.intercepts_)
    now = predicted(model, X)
    assert not np.array_equal(now, before)
    np.testing.assert_array_equal(now, truth(model, X))


def test_copies_have_weights_of_their_own():
    model, X = fitted()
    first = model.predict_proba(X[:1])
    copies = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    model.coefs_[0][...] = 0.0
    for each in copies:
        np.testing.assert_array_equal(each.predict_proba(X[:1]), first)
        each.coefs_[0] *= 2.0
        assert not np.array_equal(each.predict_proba(X[:1]), first)
    assert not np.array_equal(model.predict_proba(X[:1]), first)
    with pytest.raises(NotFittedError):
        clone(model).predict(X[:1])


def test_another_element_type_of_a_layer_is_seen():
    model, X = fitted()
    wide = model.predict_proba(X[:1])
    model.coefs_[1] = model.coefs_[1].astype(np.float32)
    assert output_of_few(*arguments(model), X[:1]) is None
    np.testing.assert_allclose(model.predict_proba(X[:1]), wide, rtol=1e-5)
    assert model.predict_proba(X[:1]).dtype == np.float64


def test_weights_that_are_no_numbers_give_none():
    model, X = fitted("values")
    model.intercepts_[-1][0] = np.nan
    assert np.isnan(model.predict(X[:1])[0, 0]) and np.isfinite(model.predict(X[:1])[0, 1:]).all()


def test_what_cannot_be_read_as_it_lies_is_checked_or_converted():
    model, X = fitted()
    for rows in (
        X[:3].astype(np.float32),
        np.asfortranarray(X[:3]),
        X[:6:2],
        X[:3].tolist(),
        X[:3].astype(object),
        np.frombuffer(b"-" + X[:3].tobytes(), np.float64, offset=1).reshape(3, 70),  # not aligned
    ):
        expected = np.array(rows, dtype=np.float64, order="C")  # a copy
        np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(expected))
    for rows, words in (
        (X[:3, :-1].copy(), "69 features"),
        (X[0], "2D"),
        (X[:0], "minimum of 1"),
        (np.full((1, 70), np.nan), "NaN"),
        (np.full((1, 70), -np.inf), "infinity"),
    ):
        with pytest.raises(ValueError, match=words):
            model.predict(rows)
    model.activation = "rellu"
    with pytest.raises(chainrule.InvalidInputError, match="rellu"):
        model.predict(X[:1])
