"""The same weights, losses and predictions as scikit-learn's own perceptrons, step by step."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
from scipy import sparse
from sklearn import neural_network
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning

from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X3, Y3 = make_classification(300, 12, n_informative=8, n_classes=3, random_state=1)
X2, Y2 = make_classification(150, 7, n_informative=5, random_state=2)
XM, YM = make_multilabel_classification(120, 9, n_classes=4, random_state=3)
XM = XM / 10.0
XR, YR = make_regression(160, 6, n_targets=1, random_state=4)
YR = YR / YR.std()
XO, YO = make_regression(160, 6, n_targets=3, random_state=5)
YO = YO / YO.std()


def both(ours, theirs, X, y, **settings):
    """The same estimator twice, fitted."""
    settings = {"hidden_layer_sizes": (9, 5), "max_iter": 12, "random_state": 7, "batch_size": 32} | settings
    fit = settings.pop("fit", {})
    return ours(**settings).fit(X, y, **fit), theirs(**settings).fit(X, y, **fit)


def assert_same(ours, theirs, X, rtol=1e-6):
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=rtol)
    assert ours.n_iter_ == theirs.n_iter_ and ours.t_ == theirs.t_
    assert ours.out_activation_ == theirs.out_activation_
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=rtol, atol=rtol)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_each_activation_and_solver_takes_the_same_steps(activation, solver):
    ours, theirs = both(
        MLPClassifier, neural_network.MLPClassifier, X3, Y3, activation=activation, solver=solver, alpha=0.3
    )
    assert_same(ours, theirs, X3)


@pytest.mark.parametrize(
    "settings",
    [
        {"momentum": 0.0},
        {"nesterovs_momentum": False},
        {"learning_rate": "invscaling", "learning_rate_init": 0.5, "power_t": 0.4},
        {"learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 2, "max_iter": 30, "learning_rate_init": 0.05},
        {"shuffle": False},
        {"batch_size": "auto"},
        {"n_threads": 1},
    ],
    ids=str,
)
def test_each_setting_of_sgd_takes_the_same_steps(settings):
    theirs = {name: value for name, value in settings.items() if name != "n_threads"}
    base = {"solver": "sgd", "alpha": 0.01, "random_state": 3, "max_iter": 12, "batch_size": 40}
    ours = MLPClassifier(**(base | settings)).fit(X2, Y2)
    assert_same(ours, neural_network.MLPClassifier(**(base | theirs)).fit(X2, Y2), X2)


@pytest.mark.parametrize("settings", [{"beta_1": 0.5, "beta_2": 0.9}, {"epsilon": 0.01}, {"learning_rate_init": 0.03}])
def test_each_setting_of_adam_takes_the_same_steps(settings):
    assert_same(*both(MLPRegressor, neural_network.MLPRegressor, XR, YR, solver="adam", **settings), XR)


def test_two_classes_several_labels_and_several_outputs_take_the_same_steps():
    for solver in ("sgd", "adam"):
        assert_same(*both(MLPClassifier, neural_network.MLPClassifier, X2, Y2, solver=solver), X2)
        assert_same(*both(MLPClassifier, neural_network.MLPClassifier, XM, YM, solver=solver, alpha=0.1), XM)
        assert_same(*both(MLPRegressor, neural_network.MLPRegressor, XO, YO, solver=solver, alpha=0.1), XO)


def test_sample_weights_take_the_same_steps():
    weight = np.random.RandomState(0).uniform(0.1, 3.0, len(X3))
    fit = {"sample_weight": weight}
    assert_same(*both(MLPClassifier, neural_network.MLPClassifier, X3, Y3, fit=fit, alpha=0.2), X3)
    fit = {"sample_weight": weight[: len(XO)]}
    assert_same(*both(MLPRegressor, neural_network.MLPRegressor, XO, YO, fit=fit, alpha=0.2), XO)


def test_poisson_takes_the_same_steps():
    counts = np.random.RandomState(1).poisson(np.exp(XR[:, 0]))
    for fit in ({}, {"sample_weight": 1.0 + XR[:, 1] ** 2}):
        assert_same(*both(MLPRegressor, neural_network.MLPRegressor, XR, counts, loss="poisson", fit=fit), XR)


def test_sparse_rows_take_the_same_steps_as_dense_ones():
    X = np.where(np.abs(X3) < 1.0, 0.0, X3)
    dense = MLPClassifier(max_iter=8, random_state=0).fit(X, Y3)
    for make in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array):
        from_sparse = MLPClassifier(max_iter=8, random_state=0).fit(make(X), Y3)
        for a, b in zip(dense.coefs_, from_sparse.coefs_, strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(dense.predict_proba(X), from_sparse.predict_proba(make(X)))


def test_a_place_that_a_sparse_matrix_names_twice_holds_the_sum():
    data, columns, starts = np.array([1.0, 2.0, 5.0]), np.array([1, 1, 0]), np.array([0, 2, 3])
    twice = sparse.csr_matrix((data, columns, starts), shape=(2, 3))
    model = MLPRegressor(max_iter=3, random_state=0).fit(X3[:, :3], X3[:, 3])
    np.testing.assert_array_equal(model.predict(twice), model.predict(np.array([[0.0, 3.0, 0.0], [5.0, 0.0, 0.0]])))


def test_early_stopping_ends_at_the_same_epoch_with_the_same_weights():
    for X, y, ours, theirs in (
        (X3, Y3, MLPClassifier, neural_network.MLPClassifier),
        (X2, Y2, MLPClassifier, neural_network.MLPClassifier),
        (XM, YM, MLPClassifier, neural_network.MLPClassifier),
        (XO, YO, MLPRegressor, neural_network.MLPRegressor),
    ):
        settings = {"early_stopping": True, "max_iter": 60, "n_iter_no_change": 5, "validation_fraction": 0.2}
        ours, theirs = both(ours, theirs, X, y, **settings)
        assert_same(ours, theirs, X)
        np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-6)
        assert ours.best_loss_ is None and ours.best_validation_score_ == pytest.approx(theirs.best_validation_score_)


def test_partial_fit_and_warm_start_take_the_same_steps():
    models = MLPClassifier(random_state=5), neural_network.MLPClassifier(random_state=5)
    for model in models:
        for part in (slice(0, 100), slice(100, 300), slice(50, 250)):
            model.partial_fit(X3[part], Y3[part], classes=[0, 1, 2])
    assert_same(*models, X3)
    settings = {"random_state": 5, "solver": "sgd", "warm_start": True, "max_iter": 4}
    models = MLPClassifier(**settings), neural_network.MLPClassifier(**settings)
    for model in models:
        model.fit(X3, Y3).fit(X3, Y3)
    assert len(models[0].loss_curve_) == 8
    assert_same(*models, X3)


def test_lbfgs_finds_as_low_a_loss():
    for X, y, ours, theirs in (
        (X3, Y3, MLPClassifier, neural_network.MLPClassifier),
        (XM, YM, MLPClassifier, neural_network.MLPClassifier),
        (XO, YO, MLPRegressor, neural_network.MLPRegressor),
    ):
        settings = {"solver": "lbfgs", "alpha": 1.0, "activation": "tanh", "max_iter": 3000, "tol": 1e-6}
        ours, theirs = both(ours, theirs, X, y, hidden_layer_sizes=(4,), **settings)
        assert ours.loss_ <= theirs.loss_ * 1.05 + 1e-4
        # The loss is that of the weights, as scikit-learn computes it.
        theirs.set_params(max_iter=1, warm_start=True, solver="sgd", learning_rate_init=1e-300, batch_size=len(X))
        theirs.coefs_, theirs.intercepts_, theirs.loss_curve_ = ours.coefs_, ours.intercepts_, []
        theirs.best_loss_, theirs._no_improvement_count = np.inf, 0
        theirs.validation_scores_ = theirs.best_validation_score_ = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            assert theirs.fit(X, y).loss_ == pytest.approx(ours.loss_, rel=1e-9)


def test_float32_gives_float32_and_almost_the_same():
    double = MLPClassifier(max_iter=10, random_state=0).fit(X3, Y3)
    single = MLPClassifier(max_iter=10, random_state=0).fit(X3.astype(np.float32), Y3)
    assert {a.dtype for a in single.coefs_ + single.intercepts_} == {np.dtype(np.float32)}
    np.testing.assert_allclose(single.predict_proba(X3), double.predict_proba(X3), atol=1e-4)


def test_dtype_decides_what_is_computed_in():
    of_single = MLPClassifier(max_iter=5, random_state=0).fit(X3.astype(np.float32), Y3)
    single = MLPClassifier(max_iter=5, random_state=0, dtype="float32").fit(X3, Y3)
    np.testing.assert_array_equal(single.coefs_[0], of_single.coefs_[0])
    double = MLPClassifier(max_iter=5, random_state=0, dtype="float64").fit(X3.astype(np.float32), Y3)
    assert double.coefs_[0].dtype == np.float64
    # Later rows are converted to what the network computes in.
    before = single.coefs_[0]
    single.partial_fit(X3, Y3)
    assert single.coefs_[0].dtype == np.float32 and not np.array_equal(single.coefs_[0], before)


def test_the_number_of_threads_does_not_change_a_bit():
    X, y = make_classification(2000, 300, n_informative=20, n_classes=5, random_state=0)
    one, two = (MLPClassifier((256,), max_iter=2, random_state=0, n_threads=n).fit(X, y) for n in (1, 2))
    for a, b in zip(one.coefs_ + one.intercepts_, two.coefs_ + two.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
