"""The search for settings."""

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import chainrule
from chainrule.sklearn import MLPClassifier, MLPRegressor, tune

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS, KIND = load_iris(return_X_y=True)


def test_candidates_go_on_as_the_better_half_with_twice_the_epochs():
    own = MLPClassifier((20,), alpha=0.3, random_state=0)
    found = tune(own, IRIS, KIND, candidates=8, epochs=16, cv=3, random_state=0)
    results = found.cv_results_
    rounds = [results["param_max_iter"][results["iter"] == i] for i in range(4)]
    assert [(len(epochs), set(epochs)) for epochs in rounds] == [(8, {2}), (4, {4}), (2, {8}), (1, {16})]
    first = results["params"][0]
    assert {name: first[name] for name in ("hidden_layer_sizes", "alpha", "batch_size", "learning_rate_init")} == {
        "hidden_layer_sizes": (20,), "alpha": 0.3, "batch_size": "auto", "learning_rate_init": 0.001,
    }  # fmt: skip
    for drawn in results["params"][1:8]:
        assert 1e-4 <= drawn["learning_rate_init"] <= 1e-2 and 1e-6 <= drawn["alpha"] <= 0.1
        assert 1 <= len(drawn["hidden_layer_sizes"]) <= 3 and all(16 <= n <= 256 for n in drawn["hidden_layer_sizes"])
        assert drawn["batch_size"] in (16, 32, 64)  # of 150 rows at most a half
    assert len({str(drawn) for drawn in results["params"][:8]}) == 8
    for i in range(3):
        scores = results["mean_test_score"][results["iter"] == i]
        kept = {str(p | {"max_iter": 0}) for p, at in zip(results["params"], results["iter"], strict=True) if at == i + 1}
        best = np.argsort(-scores, kind="stable")[: len(kept)]
        names = [str(p | {"max_iter": 0}) for p, at in zip(results["params"], results["iter"], strict=True) if at == i]
        worst_kept = min(scores[names.index(name)] for name in kept)
        assert worst_kept >= scores[best].min()
    assert own.get_params() == MLPClassifier((20,), alpha=0.3, random_state=0).get_params() and not hasattr(own, "coefs_")


def test_the_same_seed_finds_the_same_and_the_best_is_fitted():
    model = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
    one, two = (tune(model, IRIS, KIND, candidates=6, epochs=40, cv=3, random_state=5) for _ in range(2))
    assert one.best_params_ == two.best_params_ and one.best_score_ == two.best_score_
    np.testing.assert_array_equal(one.predict_proba(IRIS), two.predict_proba(IRIS))
    assert one.score(IRIS, KIND) > 0.9
    other = tune(model, IRIS, KIND, candidates=6, epochs=2, cv=3, random_state=6)
    assert other.cv_results_["params"][1] != one.cv_results_["params"][1]


def test_values_are_searched_for_too():
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(StandardScaler(), MLPRegressor(random_state=0))
    found = tune(model, X, y / y.std(), candidates=4, epochs=32, cv=3, random_state=0, scoring="neg_mean_absolute_error")
    assert -0.8 < found.best_score_ < 0  # the mean of y is 0.85 off


@pytest.mark.parametrize("early_stopping", [False, True])
def test_no_minibatch_of_a_batch_norm_has_one_row(early_stopping):
    rows = 144 if early_stopping else 129  # 144 less a validation part of 15 are 129, too
    random = np.random.RandomState(0)
    X = random.normal(size=(rows, 4))
    model = MLPClassifier((4,), norm="batch_norm", random_state=0, batch_size=50, early_stopping=early_stopping)
    search = tune(model, X, (X[:, 0] > 0).astype(int), candidates=8, epochs=2, cv=3, random_state=0, scoring="accuracy")
    drawn = {found["batch_size"] for found in search.cv_results_["params"]}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all() and len(drawn) > 1
    with pytest.raises(chainrule.InvalidInputError, match="leaves 1 for the last minibatch.*batch_size of the estimator"):
        tune(model.set_params(batch_size=rows - 1, early_stopping=False), X, X[:, 0] > 0, candidates=2, epochs=1, cv=3)


@pytest.mark.parametrize(
    ("estimator", "settings", "words"),
    [
        (LogisticRegression(), {}, "0 perceptrons"),
        (MLPClassifier(solver="lbfgs"), {}, "lbfgs"),
        (MLPClassifier(), {"candidates": 1}, "candidates is 1"),
        (MLPClassifier(), {"epochs": 0}, "epochs is 0"),
    ],
)
def test_what_cannot_be_searched_is_refused(estimator, settings, words):
    with pytest.raises(chainrule.InvalidInputError, match=words):
        tune(estimator, IRIS, KIND, **settings)
