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


def warned(model, *data):
    """The words of a fit's warnings that it has not converged."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            model.fit(*data)
        except ValueError as error:
            assert "non-finite" in str(error)
    return [str(each.message) for each in found if issubclass(each.category, ConvergenceWarning)]


def test_lbfgs_that_gives_up_says_so():
    settings = {"solver": "lbfgs", "activation": "identity", "max_iter": 50}
    (words,) = warned(regressor(**settings), 1e200 * X, Y)
    assert words.startswith("lbfgs failed to converge after 0 iteration(s): the loss is inf")
    assert "scale the data" in words and "float64" not in words
    (words,) = warned(regressor(dtype="float32", **settings), 1e30 * X, Y)
    assert "after 0 iteration(s): no step along the search direction lowered the loss of" in words
    assert words.endswith("scale the data, or try dtype='float64'.")
    assert warned(regressor(**settings | {"max_iter": 1000}), X, Y) == []


@pytest.mark.parametrize(
    ("dtype", "loss", "iterations", "words"),
    [
        ("float64", 1.5, 7, "after 7 iteration(s): no step along the search direction lowered the loss of 1.5"),
        ("float32", 1.5, 0, "after 0 iteration(s): no step along the search direction lowered the loss of 1.5"),
        ("float32", 1.5, 7, None),  # where rounding ends
        ("float32", np.nan, 7, "the loss is nan"),
    ],
)
def test_a_line_search_that_finds_nothing_is_told(dtype, loss, iterations, words):
    class Stuck:
        def minimize(self, data, settings):
            return loss, iterations, 30, "stuck"

        def parameters(self):
            return [np.zeros((4, 1))], [np.zeros(1)], []

    model = regressor(solver="lbfgs", hidden_layer_sizes=(), dtype=dtype)
    model._network = Stuck
    found = warned(model, X, Y)
    assert len(found) == (words is not None) and all(words in each for each in found)


@pytest.mark.parametrize("many", [lambda y: np.stack([y, y], 1), lambda y: np.stack([y == k for k in range(3)], 1).astype(int)])
@pytest.mark.parametrize("classes", [2, 3])
def test_labels_after_classes_are_refused_as_by_scikit_learn(many, classes):
    sparse = pytest.importorskip("scipy.sparse")
    y = np.arange(120) % classes
    words = "The object was not fitted with multilabel input."
    model = MLPClassifier((5,), max_iter=2, warm_start=True, random_state=0).fit(X, y)
    incremental = MLPClassifier((5,), random_state=0).partial_fit(X, y, classes=range(classes))
    for call in (model.fit, model.partial_fit, incremental.partial_fit):
        for targets in (many(y), sparse.csr_matrix(many(y))):
            with pytest.raises(ValueError, match=words):
                call(X, targets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a column is no row
        model.fit(X, y.reshape(-1, 1))
    labels = MLPClassifier((5,), max_iter=2, warm_start=True, random_state=0).fit(X, np.eye(3, dtype=int)[np.arange(120) % 3])
    labels.fit(X, sparse.csr_matrix(np.eye(3, dtype=int)[np.arange(120) % 3]))


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ({}, {"hidden_layer_sizes": (6,)}, r"'hidden_layer_sizes' .* is \(6,\), and the network .* made with \(5,\)"),
        ({}, {"hidden_layer_sizes": (5, 5)}, r"'hidden_layer_sizes' .* made with \(5,\)"),
        ({}, {"norm": "layer_norm"}, "'norm' .* is 'layer_norm', and the network .* made with None"),
        ({"norm": "layer_norm"}, {"norm": "batch_norm"}, "'norm' .* made with 'layer_norm'"),
        ({"norm": "batch_norm"}, {"norm": None}, "'norm' .* is None, .* made with 'batch_norm'"),
        ({}, {"dtype": "float32"}, "'dtype' .* made with 'float64'.*warm_start=False"),
    ],
)
def test_what_a_fit_that_goes_on_cannot_change_is_refused(first, then, words):
    model = regressor(max_iter=2, warm_start=True, **first).fit(X, Y)
    weights = [coef.copy() for coef in model.coefs_]
    model.set_params(**then)
    for call in (model.fit, model.partial_fit):
        with pytest.raises(chainrule.errors.InvalidParameterError, match=words):
            call(X, Y)
    for one, two in zip(weights, model.coefs_, strict=True):
        np.testing.assert_array_equal(one, two)
    model.set_params(warm_start=False).fit(X, Y)
    # The same in another form is no change.
    for same in ({"hidden_layer_sizes": 5}, {"hidden_layer_sizes": [np.int64(5)]}, {"dtype": "float64"}):
        regressor(max_iter=2).fit(X, Y).set_params(**same).partial_fit(X, Y)
    regressor(max_iter=2, hidden_layer_sizes=(), norm="layer_norm").fit(X, Y).set_params(norm=None).partial_fit(X, Y)
    # Weights that were replaced are gone on with: a mean of several networks', or fewer units.
    replaced = regressor(max_iter=2, dtype="float32").fit(X, Y)
    replaced.coefs_ = [coef.astype(np.float64) for coef in replaced.coefs_]
    replaced.intercepts_ = [intercept.astype(np.float64) for intercept in replaced.intercepts_]
    assert replaced.partial_fit(X, Y).coefs_[0].dtype == np.float64


def test_the_best_weights_stay_where_no_later_fit_beats_them():
    model = regressor(early_stopping=True, warm_start=True, max_iter=30, solver="sgd").fit(X, Y)
    weights = [coef.copy() for coef in model.coefs_]
    model.best_validation_score_ = 2.0  # above any
    model.fit(X, Y)
    for one, two in zip(weights, model.coefs_, strict=True):
        np.testing.assert_array_equal(one, two)
