"""The way from X to the output of an estimator's network, short where X is as the network takes it."""

from __future__ import annotations

import math
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from .._chainrule import Predictor, output_of_few
from ._parameters import threads
from ._rows import held, network_dtype, network_rows, without_dates

# What estimators last predicted many rows with, and the settings that are no weights. Not an attribute: predicting changes no
# estimator, and a pickle holds its weights once.
_PREDICTORS: WeakKeyDictionary[Any, tuple[tuple[Any, ...], Predictor]] = WeakKeyDictionary()


def network_parameters(estimator: Any, dtype: Any) -> tuple[list[Any], list[Any]]:
    """The weights and intercepts of an estimator as the compiled module takes them."""
    coefs, intercepts = estimator.coefs_, estimator.intercepts_
    weights = [np.require(w, dtype, ("C", "A")) for w in coefs]
    return weights, [np.require(b, dtype, ("C", "A")) for b in intercepts]


def network_norms(estimator: Any, dtype: Any) -> list[Any]:
    """The normalisations of an estimator's hidden layers, none of scikit-learn's own."""
    return [np.require(norm, dtype, ("C", "A")) for norm in getattr(estimator, "norms_", ())]


def _predictor(estimator: Any, dtype: Any) -> Predictor:
    """The predictor of before, if no number of the weights has changed since, also in place; otherwise a new one."""
    settings = (estimator.activation, estimator.out_activation_, threads(estimator))
    parameters, norms = network_parameters(estimator, dtype), network_norms(estimator, dtype)
    known = _PREDICTORS.get(estimator)
    if known is not None and known[0] == settings and known[1].matches(*parameters, norms):
        return known[1]
    predictor = Predictor(*parameters, settings[0], settings[1], settings[2], norms)
    _PREDICTORS[estimator] = (settings, predictor)
    return predictor


def _needs_no_checks(estimator: Any, X: Any, dtype: Any) -> bool:
    """Whether X is an array that `validate_data` would return as it is."""
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype == dtype
        and X.shape[0] > 0
        and X.shape[1] == estimator.n_features_in_
        and X.flags.c_contiguous
        and X.flags.aligned
        and not hasattr(estimator, "feature_names_in_")
        and math.isfinite(X.sum())  # a NaN or an infinity stays one in a sum
    )


def _output_of_few(estimator: Any, X: Any) -> Any:
    """The output for a few rows, computed from the weights where they lie; None for what takes another way."""
    if type(X) is not np.ndarray or getattr(estimator, "norms_", None):
        return None
    network = (estimator.coefs_, estimator.intercepts_)
    return output_of_few(network, (estimator.activation, estimator.out_activation_, threads(estimator)), X)


def network_output(estimator: Any, X: Any) -> Any:
    """The output of a fitted estimator's network for X, which is checked: an array (rows, outputs)."""
    if not hasattr(estimator, "coefs_"):
        check_is_fitted(estimator)
    # An array that `validate_data` would return as it is: it fits the weights and every number is finite.
    if not hasattr(estimator, "feature_names_in_") and (output := _output_of_few(estimator, X)) is not None:
        return output
    dtype = network_dtype(estimator.coefs_)
    if not _needs_no_checks(estimator, X, dtype):
        X = validate_data(estimator, without_dates(X), accept_sparse=["csr", "csc"], reset=False)
        X = network_rows(held(X, dtype, "X"))
        if (output := _output_of_few(estimator, X)) is not None:
            return output
    return _predictor(estimator, dtype).predict(X)
