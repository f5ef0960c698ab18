"""scikit-learn's perceptrons, computed by chainrule.

They take the parameters of `sklearn.neural_network.MLPClassifier` and `MLPRegressor` and have their attributes. From the
same ``random_state`` they begin with the same weights, see the rows in the same order, and take the same steps, up to
rounding. `tune` searches for their settings.
"""

try:
    from sklearn.utils.validation import validate_data as _of_1_6  # noqa: F401
except ImportError as error:
    raise ImportError("chainrule.sklearn needs scikit-learn 1.6 or later: pip install 'scikit-learn>=1.6'") from error

from ._classifier import MLPClassifier
from ._regressor import MLPRegressor
from ._tune import tune

__all__ = ["MLPClassifier", "MLPRegressor", "tune"]
