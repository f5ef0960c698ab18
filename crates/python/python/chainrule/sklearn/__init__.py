"""scikit-learn's perceptrons, computed by chainrule.

They take the parameters of `sklearn.neural_network.MLPClassifier` and `MLPRegressor` and have their attributes. From the
same ``random_state`` they begin with the same weights, see the rows in the same order, and take the same steps, up to
rounding.
"""

from ._classifier import MLPClassifier
from ._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
