"""SHAP's KernelExplainer asks the estimators."""

import itertools

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
shap = pytest.importorskip("shap", reason="shap is not installed: scripts/python-tests --all")
from sklearn.datasets import load_iris

from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS, KIND = load_iris(return_X_y=True)


def test_the_values_add_up_to_what_is_predicted():
    model = MLPClassifier((8,), solver="lbfgs", random_state=0, tol=1e-2).fit(IRIS, KIND)
    background, rows = IRIS[::15], IRIS[[3, 60, 110]]
    explainer = shap.KernelExplainer(model.predict_proba, background)
    values = np.asarray(explainer.shap_values(rows, silent=True))
    assert values.shape == (3, 4, 3)  # (rows, features, classes)
    found = values.sum(axis=1) + explainer.expected_value
    np.testing.assert_allclose(found, model.predict_proba(rows), atol=1e-9)
    np.testing.assert_allclose(explainer.expected_value, model.predict_proba(background).mean(axis=0), rtol=1e-9)
    assert np.abs(values[:, 2:]).max() > 0.1


def test_the_values_are_shapleys():
    """Of all subsets of three features, as the definition has it: Shapley, "A value for n-person games", 1953."""
    X = IRIS[:, 1:]
    model = MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", solver="lbfgs", random_state=1, max_iter=300)
    model.fit(X, IRIS[:, 0])
    background, row = X[::25], X[70]

    def worth(features):
        rows = background.copy()
        rows[:, list(features)] = row[list(features)]
        return model.predict(rows).mean()

    truth = np.zeros(3)
    for order in itertools.permutations(range(3)):
        for at, feature in enumerate(order):
            truth[feature] += (worth(order[: at + 1]) - worth(order[:at])) / 6
    values = shap.KernelExplainer(model.predict, background).shap_values(row, silent=True)
    np.testing.assert_allclose(values, truth, atol=1e-9)
    assert np.abs(truth).min() > 1e-6
