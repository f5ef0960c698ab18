"""Scikit-learn's fitted perceptrons as models. Scikit-learn is imported by those who call this."""

from __future__ import annotations

from typing import Any

from .errors import InvalidInputError
from .model import Model

__all__ = ["from_sklearn"]


def from_sklearn(estimator: Any) -> Model:
    """The model of a fitted ``sklearn.neural_network.MLPClassifier`` or ``MLPRegressor``.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Scikit-learn's own, or one of ``chainrule.sklearn``.

    Returns
    -------
    model : Model
        It predicts what the estimator predicts. Classes are texts there, '-1', 'True' or '0.5', unless they are 0, 1, 2, ...:
        where the estimator says -1, the model says '-1'.
    """
    from .sklearn import MLPClassifier, MLPRegressor

    for ours in (MLPClassifier, MLPRegressor):
        if isinstance(estimator, ours):
            return estimator.to_model()
        if type(estimator).__name__ == ours.__name__:
            same = ours()
            for attribute, value in vars(estimator).items():  # the same parameters and attributes
                setattr(same, attribute, value)
            return same.to_model()
    found = type(estimator).__name__
    raise InvalidInputError(f"the estimator is a {found}; expected scikit-learn's MLPClassifier or MLPRegressor")
