"""scikit-learn's checks of estimators, all of them."""

import pytest

pytest.importorskip("sklearn", "1.6")
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule.sklearn import MLPClassifier, MLPRegressor


# Without a penalty L-BFGS comes to probabilities of exactly 1, scikit-learn's as well, which one check does not take.
ESTIMATORS = [
    MLPClassifier(),
    MLPRegressor(),
    MLPClassifier(solver="sgd", max_iter=100),
    MLPRegressor(solver="sgd", max_iter=100),
    MLPClassifier(solver="lbfgs", alpha=1.0),
    MLPRegressor(solver="lbfgs", alpha=1.0),
    # Settings that scikit-learn does not have; dropout drops others where rows are repeated than where they have weights.
    MLPClassifier(solver="adamw", norm="layer_norm", learning_rate="cosine"),
    MLPRegressor("huber", solver="adamw", norm="layer_norm", learning_rate="cosine"),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_sklearn_check(estimator, check):
    check(estimator)
