"""What estimators remember between fits, and numbers at the ends of their ranges."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
from sklearn.exceptions import ConvergenceWarning

import chainrule
from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.default_rng(0).normal(size=(120, 4))
Y = X @ [1, 2, -1, 0.5]


def regressor(**settings):
    return MLPRegressor(**({"hidden_layer_sizes": (5,), "random_state": 0, "shuffle": False} | settings))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("rmsprop", "sgd"),
        ("sgd", "rmsprop"),
        ("sgd", "adam"),
        ("adam", "adamw:weight-decay=0.1"),
        ("sgd", "sgd:weight-decay=0.1"),  # momentum 0.9, and none
        ("sgd:weight-decay=0.1", "sgd:momentum=0.9"),
    ],
)
def test_another_solver_begins_anew(first, then):
    one = regressor(solver=first, learning_rate_init=0.1)
    for _ in range(5):
        one.partial_fit(X, 100 * Y)
    fresh = regressor(solver=then, learning_rate_init=1e-3).partial_fit(X, Y)
    fresh.coefs_, fresh.intercepts_ = ([array.copy() for array in arrays] for arrays in (one.coefs_, one.intercepts_))
    del fresh._optimizer
    for each in (one, fresh):
        each.set_params(solver=then, learning_rate_init=1e-3).partial_fit(X, 100 * Y)
    for a, b in zip(one.coefs_ + one.intercepts_, fresh.coefs_ + fresh.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_same_solver_goes_on_with_other_settings():
    models = [regressor(solver="adamw") for _ in range(2)]
    for each in models:
        each.partial_fit(X, Y)
    models[0].set_params(solver="adamw:weight-decay=0.0")
    for each in models:
        each.partial_fit(X, Y)
    assert models[0]._optimizer._saved[0] == models[1]._optimizer._saved[0] == 2


def test_a_velocity_that_begins_has_no_past():
    model = regressor(solver="sgd", momentum=0.0).partial_fit(X, Y)
    model.set_params(momentum=0.9).partial_fit(X, Y).set_params(momentum=0.0).partial_fit(X, Y)


def test_the_end_of_a_schedule_is_told_once():
    model = regressor(learning_rate="cosine", max_iter=5).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="The learning rate is 0: the schedule 'cosine' has ended after max_iter=5"):
        model.partial_fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.partial_fit(X, Y)
        regressor(learning_rate="step:10:0.5", max_iter=2).partial_fit(X, Y).partial_fit(X, Y).partial_fit(X, Y)
        regressor(learning_rate="cosine", max_iter=3).partial_fit(X, Y).partial_fit(X, Y)


def test_a_single_class_is_always_right():
    model = MLPClassifier((5,), max_iter=4, random_state=1, early_stopping=True).fit(X, np.zeros(120, int))
    assert model.validation_scores_ == [1.0] * len(model.validation_scores_)


def test_numbers_beyond_float32_are_refused_by_their_place():
    sparse = pytest.importorskip("scipy.sparse")
    model = regressor(dtype="float32", max_iter=2).fit(X, Y)
    for rows in (3, 120):
        far = np.tile(X, (3, 1))[: 3 * rows].copy()
        far[1, 2] = 1e39
        with pytest.raises(chainrule.InvalidInputError, match=r"X, row 2, column 3: found 1e\+39, which float32"):
            model.predict(far)
        with pytest.raises(chainrule.InvalidInputError, match="float32 does not hold"):
            model.predict(sparse.csr_matrix(far))
    with pytest.raises(ValueError, match="float32"):
        regressor(dtype="float32").fit(np.where(X > 2, 1e39, X), Y)
    with pytest.raises(chainrule.InvalidInputError, match="y, row .*float32 does not hold"):
        regressor(dtype="float32").fit(X, 1e39 * Y)


@pytest.mark.parametrize("threads", [0, -1, 3000, 1.5])
def test_a_number_of_threads_that_cannot_be_is_refused_in_words(threads):
    model = regressor(max_iter=2).fit(X, Y)
    for call in (model.fit, model.predict):
        with pytest.raises(chainrule.InvalidInputError, match=r"'n_threads' .* must be an int in the range \[1, 1024\]"):
            model.set_params(n_threads=threads)
            call(X) if call == model.predict else call(X, Y)


@pytest.mark.parametrize("y", [np.array(["a", "b"] * 60), ["a", "b"] * 60, np.array(["a", "b"] * 60, dtype=object)])
def test_texts_are_no_values(y):
    with pytest.raises(chainrule.InvalidInputError, match="y holds texts, beginning with 'a'; expected numbers"):
        regressor().fit(X, y)


def test_limits_without_end_are_never_reached():
    model = regressor(solver="lbfgs", max_iter=2**70, max_fun=2**70, tol=10.0).fit(X, Y)
    assert model.n_iter_ < 1000
    regressor(learning_rate="cosine", max_iter=2**70).partial_fit(X, Y)


def test_dates_are_no_numbers():
    pd = pytest.importorskip("pandas")
    dates = np.arange(120 * 4).astype("datetime64[h]").reshape(120, 4)
    model = regressor(max_iter=2).fit(X, Y)
    for call in (lambda: regressor().fit(dates, Y), lambda: model.predict(dates), lambda: regressor().partial_fit(dates, Y)):
        with pytest.raises(chainrule.InvalidInputError, match="X is datetime64.*expected numbers"):
            call()
    frame = pd.DataFrame(X, columns=list("abcd")).assign(when=pd.date_range("2024-01-01", periods=120))
    with pytest.raises(chainrule.InvalidInputError, match="column 'when' of X is datetime64"):
        regressor().fit(frame, Y)


@pytest.mark.parametrize("classes", [np.array([-1, 1]), np.array([False, True]), np.array([1.0, 2.0])])
def test_a_models_classes_are_texts(classes):
    y = classes[(Y > 0).astype(int)]
    model = MLPClassifier((5,), max_iter=3, random_state=0).fit(X, y)
    np.testing.assert_array_equal(chainrule.from_sklearn(model).predict(X), model.predict(X).astype(str))
    assert "'-1'" in chainrule.from_sklearn.__doc__
