"""What the estimators take beyond scikit-learn's: optimisers, schedules, losses, normalisations and dropout of chainrule's.

The truth is `chainrule.Mlp`, which takes the same steps from the same weights.
"""

import math
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV

import chainrule
from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
XR, YR = make_regression(120, 5, random_state=1)
YR = YR / YR.std()
# Rows in their order, and minibatches that divide them: the steps can be taken again.
STEPS = {"shuffle": False, "alpha": 0.0, "random_state": 3, "hidden_layer_sizes": (6, 5), "tol": 0.0}


def first_weights(estimator, inputs, outputs, text):
    """A network with the estimator's first weights, and its state of random numbers behind them."""
    random = np.random.RandomState(estimator.random_state)
    widths = [inputs, *estimator.hidden_layer_sizes, outputs]
    drawn = []
    for fan_in, fan_out in zip(widths, widths[1:], strict=False):
        bound = np.sqrt(6.0 / (fan_in + fan_out))
        drawn.append((random.uniform(-bound, bound, (fan_in, fan_out)), random.uniform(-bound, bound, fan_out)))
    seed = random.randint(2**31 - 1) if estimator.dropout else 0
    mlp = chainrule.Mlp(f"{'-'.join(map(str, widths))} {text}", seed=int(seed), dtype="float64")
    dense = [name.split(".")[0] for name, values in mlp.parameters().items() if values.ndim == 2]
    for module, (weight, bias) in zip(dense, drawn, strict=True):
        mlp.set_parameters({f"{module}.weight": weight, f"{module}.bias": bias})
    return mlp


def take_steps(mlp, X, y, loss, batch, optimizers):
    """A step with each minibatch, as many as there are optimisers."""
    starts = range(0, len(X), batch)
    for step, optimizer in enumerate(optimizers):
        rows = slice(starts[step % len(starts)], starts[step % len(starts)] + batch)
        mlp.train_step(X[rows], y[rows], loss, optimizer)


def assert_same(estimator, mlp, X, rtol=1e-13):
    outputs = mlp.forward(X)
    if hasattr(estimator, "predict_proba"):
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        np.testing.assert_allclose(estimator.predict_proba(X), powers / powers.sum(axis=1, keepdims=True), rtol=1e-11)
    else:
        np.testing.assert_allclose(estimator.predict(X).reshape(outputs.shape), outputs, rtol=1e-11, atol=1e-12)
    mine = [values for values in mlp.parameters().values() if values.ndim == 2]
    for a, b in zip(estimator.coefs_, mine, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(
    "solver",
    ["adamw:weight-decay=0.2", "adamw", "rmsprop:alpha=0.9", "adagrad:initial=0.1", "adam:beta1=0.5", "sgd:momentum=0.5"],
)
def test_each_optimiser_takes_its_steps(solver):
    model = MLPClassifier(solver=solver, batch_size=50, max_iter=4, learning_rate_init=0.02, **STEPS).fit(X, Y)
    mlp = first_weights(model, 4, 3, "relu")
    take_steps(mlp, X, Y, "cross-entropy", 50, [f"{solver}:lr=0.02"] * 12)
    assert_same(model, mlp, X)


@pytest.mark.parametrize("text", ["batch_norm", "layer_norm", "dropout(0.3)", "layer_norm dropout(0.4)"])
def test_each_normalisation_and_dropout_take_their_steps(text):
    norm = next((word for word in text.split() if "norm" in word), None)
    p = float(text.split("(")[1][:-1]) if "dropout" in text else 0.0
    settings = {"norm": norm, "dropout": p, "activation": "tanh", "solver": "rmsprop", "learning_rate_init": 0.01}
    model = MLPClassifier(batch_size=50, max_iter=4, **settings, **STEPS).fit(X, Y)
    words = " ".join(word for word in (norm, "tanh", f"dropout({p})" if p else None) if word)
    mlp = first_weights(model, 4, 3, words)
    take_steps(mlp, X, Y, "cross-entropy", 50, ["rmsprop:lr=0.01"] * 12)
    assert_same(model, mlp, X)
    assert [norms.shape for norms in model.norms_] == {
        None: [], "layer_norm": [(2, 6), (2, 5)], "batch_norm": [(4, 6), (4, 5)]
    }[norm]  # fmt: skip


@pytest.mark.parametrize("loss", ["mae", "huber(0.3)", "mse", "half-mse"])
def test_each_loss_of_values_takes_its_steps(loss):
    settings = {"loss": loss, "solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.05}
    model = MLPRegressor(batch_size=40, max_iter=5, **settings, **STEPS).fit(XR, YR)
    mlp = first_weights(model, 5, 1, "relu")
    take_steps(mlp, XR, YR.reshape(-1, 1), loss, 40, ["sgd:lr=0.05"] * 15)
    assert_same(model, mlp, XR)
    assert model.to_model().evaluate(XR, YR.reshape(-1, 1))["loss"] == pytest.approx(
        mlp.to_model(loss).evaluate(XR, YR.reshape(-1, 1))["loss"]
    )


def test_a_loss_of_several_outputs_is_a_sum_over_them():
    T = np.column_stack([YR, -YR, YR**2])
    settings = {"solver": "sgd", "momentum": 0.0, "batch_size": 40, "max_iter": 4} | STEPS
    whole = MLPRegressor("mse", learning_rate_init=0.01, **settings).fit(XR, T)
    half = MLPRegressor("squared_error", learning_rate_init=0.02, **settings).fit(XR, T)
    for a, b in zip(whole.coefs_, half.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(whole.loss_curve_, 2 * np.array(half.loss_curve_), rtol=1e-12)


@pytest.mark.parametrize("loss", ["mae", "huber(0.5)"])
def test_lbfgs_minimises_each_loss(loss):
    model = MLPRegressor(loss, hidden_layer_sizes=(4,), solver="lbfgs", random_state=0, norm="layer_norm", max_iter=300)
    model.fit(XR, YR)
    median = np.median(YR)
    assert np.abs(model.predict(XR) - YR).mean() < 0.5 * np.abs(median - YR).mean()


@pytest.mark.parametrize("solver", ["sgd", "adamw"])
@pytest.mark.parametrize(
    ("schedule", "factor"),
    [
        ("cosine", lambda step: (1 + math.cos(math.pi * step / 12)) / 2),
        ("step:1:0.5", lambda step: 0.5 ** (step // 3)),
        ("exponential:0.8", lambda step: 0.8 ** (step // 3)),
        ("restarts:2:1", lambda step: (1 + math.cos(math.pi * (step % 6) / 6)) / 2),
    ],
)
def test_each_schedule_has_its_rates(schedule, factor, solver):
    settings = {"learning_rate": schedule, "solver": solver, "learning_rate_init": 0.05, "momentum": 0.0}
    model = MLPClassifier(batch_size=50, max_iter=4, **settings, **STEPS).fit(X, Y)
    mlp = first_weights(model, 4, 3, "relu")
    take_steps(mlp, X, Y, "cross-entropy", 50, [f"{solver}:lr={0.05 * factor(step)!r}" for step in range(12)])
    assert_same(model, mlp, X, rtol=1e-11)


def test_one_cycle_begins_with_a_25th_of_the_rate():
    settings = {"solver": "sgd", "momentum": 0.0, "max_iter": 10, "batch_size": 150} | STEPS
    slow = MLPClassifier(learning_rate="one-cycle", learning_rate_init=0.5, **settings).partial_fit(X, Y, classes=[0, 1, 2])
    plain = MLPClassifier(learning_rate_init=0.02, **settings).partial_fit(X, Y, classes=[0, 1, 2])
    np.testing.assert_allclose(slow.coefs_[0], plain.coefs_[0], rtol=1e-12)


def test_partial_fit_goes_on_as_fit_does():
    settings = {"solver": "adamw", "norm": "batch_norm", "learning_rate": "cosine", "batch_size": 50, "max_iter": 3} | STEPS
    whole = MLPClassifier(**settings).fit(X, Y)
    parts = MLPClassifier(**settings)
    for _ in range(3):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, Y, classes=[0, 1, 2])))
    for a, b in zip(whole.coefs_ + whole.norms_, parts.coefs_ + parts.norms_, strict=True):
        np.testing.assert_array_equal(a, b)
    # The run of the schedule is over: its rate is 0.
    before = [norm.copy() for norm in parts.norms_]
    last = [w.copy() for w in parts.partial_fit(X, Y).coefs_]
    for a, b in zip(last, whole.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(before, parts.norms_, strict=True))  # running statistics are no parameters


def test_dropout_drops_in_training_alone_and_by_the_seed():
    settings = {"max_iter": 5, "hidden_layer_sizes": (20,)}
    models = [MLPClassifier(dropout=p, random_state=seed, **settings).fit(X, Y) for p, seed in ((0.5, 0), (0.5, 0), (0, 0))]
    first, again, without = (model.coefs_[0] for model in models)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - without).max() > 1e-4
    np.testing.assert_array_equal(models[0].predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_each_partial_fit_drops_others(dropout):
    settings = {"shuffle": False, "random_state": 0, "solver": "sgd", "momentum": 0.0, "hidden_layer_sizes": (20,)}
    model = MLPClassifier(dropout=dropout, **settings).partial_fit(X, Y, classes=[0, 1, 2])
    start = (model.coefs_, model.intercepts_)
    first = model.partial_fit(X, Y).coefs_
    model.coefs_, model.intercepts_ = start
    second = model.partial_fit(X, Y).coefs_
    assert np.array_equal(first[0], second[0]) == (dropout == 0.0)


def test_predictions_follow_normalisations_that_change():
    model = MLPClassifier(norm="batch_norm", max_iter=3, random_state=0).fit(X, Y)
    rows = np.repeat(X, 4, axis=0)  # more than are computed without packing
    np.testing.assert_allclose(model.predict_proba(rows)[::4], model.predict_proba(X), rtol=1e-12)
    before = model.predict_proba(rows)
    model.norms_[0][1] += 0.5  # shifts, in place
    changed = model.predict_proba(rows)
    assert np.abs(changed - before).max() > 1e-3
    np.testing.assert_allclose(changed[::4], model.predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(model.to_model().predict_proba(X), changed[::4], rtol=1e-9)


def test_early_stopping_keeps_the_normalisations_of_the_best_epoch():
    settings = {"norm": "batch_norm", "early_stopping": True, "random_state": 0, "learning_rate_init": 0.05}
    settings |= {"n_iter_no_change": 40}
    model = MLPClassifier((8,), max_iter=34, **settings).fit(X, Y)
    assert np.argmax(model.validation_scores_) < 33  # the last epoch is not the best
    again = MLPClassifier((8,), max_iter=int(np.argmax(model.validation_scores_)) + 1, **settings).fit(X, Y)
    assert again.best_validation_score_ == model.best_validation_score_ > 0.8
    np.testing.assert_array_equal(model.norms_[0], again.norms_[0])
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


def test_a_fitted_network_goes_through_scikit_learns_tools_and_files(tmp_path):
    model = MLPClassifier((8,), norm="layer_norm", dropout=0.1, solver="adamw", random_state=0, learning_rate_init=0.01)
    model.fit(X, np.array(["a", "b", "c"])[Y])
    assert model.score(X, np.array(["a", "b", "c"])[Y]) > 0.9
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    assert clone(model).get_params() == model.get_params() and not hasattr(clone(model), "norms_")
    path = tmp_path / "model.safetensors"
    model.to_model().save(path)
    read = chainrule.Model.load(path)
    np.testing.assert_allclose(read.predict_proba(X), model.predict_proba(X), rtol=1e-9)
    assert read.layers == ["dense(4, 8)", "layer_norm(8)", "relu", "dropout(0.1)", "dense(8, 3)"]
    grid = {"norm": [None, "batch_norm"], "dropout": [0.0, 0.2], "learning_rate": ["cosine"]}
    search = GridSearchCV(MLPClassifier((6,), max_iter=5, random_state=0), grid, cv=3, error_score="raise").fit(X, Y)
    assert len(search.cv_results_["params"]) == 4


@pytest.mark.parametrize("activation", ["elu(0.3)", "leaky_relu(0.2)"])
def test_an_activation_takes_its_number(activation):
    model = MLPClassifier(activation=activation, solver="adagrad", batch_size=50, max_iter=2, **STEPS).fit(X, Y)
    mlp = first_weights(model, 4, 3, activation)
    take_steps(mlp, X, Y, "cross-entropy", 50, ["adagrad:lr=0.001"] * 6)
    assert_same(model, mlp, X)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"solver": "adamww"}, "'solver'.*adamw"),
        ({"solver": "adamw:lr=0.1"}, "learning_rate_init"),
        ({"solver": "adamw:beta1=2"}, "beta1"),
        ({"learning_rate": "plateau"}, "adaptive"),
        ({"learning_rate": "cosinus"}, "'learning_rate'.*cosine"),
        ({"loss": "cross-entropy"}, "'loss'.*classes"),
        ({"loss": "huber(0)"}, "above 0"),
        ({"norm": "group_norm"}, "'norm'.*batch_norm"),
        ({"dropout": 1.0}, "'dropout'"),
        ({"dropout": 0.5, "solver": "lbfgs"}, "minibatches"),
        ({"norm": "batch_norm", "solver": "lbfgs"}, "minibatches"),
        ({"norm": "batch_norm", "batch_size": 119}, "batch_size of 119"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(settings, words):
    with pytest.raises(chainrule.InvalidInputError, match=words):
        MLPRegressor(**settings).fit(XR, YR)


def test_the_compiled_class_refuses_normalisations_that_do_not_fit():
    network = chainrule._chainrule.Network
    coefs, intercepts = [np.zeros((4, 3)), np.zeros((3, 2))], [np.zeros(3), np.zeros(2)]
    wrong = [([np.ones((2, 4))], "expected"), ([np.ones((3, 3))], "expected"), ([np.ones((2, 3))] * 2, "one for each")]
    for norms, words in wrong:
        with pytest.raises(chainrule.InvalidInputError, match=words):
            network(coefs, intercepts, "relu", "softmax", None, (norms, 0.0, 0))
    with pytest.raises(chainrule.InvalidInputError):
        network(coefs, intercepts, "relu", "softmax", None, ([], 1.5, 0))
