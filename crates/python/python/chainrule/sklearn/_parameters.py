"""The ranges of the estimators' parameters, as scikit-learn documents them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._chainrule import activation_names
from ..errors import InvalidParameterError


@dataclass(frozen=True)
class Range:
    """What a parameter may be: a check, and its words in messages after "must be"."""

    holds: Callable[[Any], bool]
    words: str


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and not np.isnan(float(value))


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _one_of(*names: str) -> Range:
    words = "a str among {" + ", ".join(repr(name) for name in names) + "}"
    return Range(lambda value: isinstance(value, str) and value in names, words)


_BOOLEAN = Range(lambda value: isinstance(value, (bool, np.bool_)), "an instance of 'bool'")
_COUNT = Range(lambda value: _is_integer(value) and value >= 1, "an int in the range [1, inf)")
_NOT_NEGATIVE = Range(lambda value: _is_real(value) and value >= 0, "a float in the range [0.0, inf)")
_POSITIVE = Range(lambda value: _is_real(value) and value > 0, "a float in the range (0.0, inf)")
_SHARE = Range(lambda value: _is_real(value) and 0 <= value < 1, "a float in the range [0.0, 1.0)")


def _is_seed(value: Any) -> bool:
    if value is None or isinstance(value, np.random.RandomState):
        return True
    return _is_integer(value) and 0 <= value <= 2**32 - 1


def _are_sizes(value: Any) -> bool:
    return _is_integer(value) and value >= 1 or hasattr(value, "__iter__") and not isinstance(value, str)


RANGES: Mapping[str, Range] = {
    "hidden_layer_sizes": Range(_are_sizes, "an array-like or an int in the range [1, inf)"),
    "activation": _one_of(*activation_names()),
    "solver": _one_of("lbfgs", "sgd", "adam"),
    "alpha": _NOT_NEGATIVE,
    "batch_size": Range(
        lambda value: (isinstance(value, str) and value == "auto") or _COUNT.holds(value),
        "a str among {'auto'} or an int in the range [1, inf)",
    ),
    "learning_rate": _one_of("constant", "invscaling", "adaptive"),
    "learning_rate_init": _POSITIVE,
    "power_t": _NOT_NEGATIVE,
    "max_iter": _COUNT,
    "shuffle": _BOOLEAN,
    "random_state": Range(
        _is_seed, "an int in the range [0, 4294967295], an instance of 'numpy.random.mtrand.RandomState' or None"
    ),
    "tol": _NOT_NEGATIVE,
    "verbose": Range(
        lambda value: _BOOLEAN.holds(value) or (_is_integer(value) and value >= 0),
        "an int in the range [0, inf) or an instance of 'bool'",
    ),
    "warm_start": _BOOLEAN,
    # scikit-learn takes 1 as well, a velocity that never decays.
    "momentum": _SHARE,
    "nesterovs_momentum": _BOOLEAN,
    "early_stopping": _BOOLEAN,
    "validation_fraction": _SHARE,
    "beta_1": _SHARE,
    "beta_2": _SHARE,
    "epsilon": _POSITIVE,
    "n_iter_no_change": Range(
        lambda value: _COUNT.holds(value) or (_is_real(value) and value == np.inf),
        "an int in the range [1, inf) or a float among {inf}",
    ),
    "max_fun": _COUNT,
    "n_threads": Range(lambda value: value is None or _COUNT.holds(value), "an int in the range [1, inf) or None"),
    "dtype": Range(
        lambda value: value is None or (isinstance(value, str) and value in ("float32", "float64")),
        "a str among {'float32', 'float64'} or None",
    ),
    "loss": _one_of("squared_error", "poisson"),
}


def check_parameters(estimator: Any) -> None:
    """Refuse a parameter that is out of its range.

    Raises
    ------
    InvalidParameterError
        With scikit-learn's words.
    """
    name = type(estimator).__name__
    for parameter, value in estimator.get_params(deep=False).items():
        allowed = RANGES.get(parameter)
        if allowed is not None and not allowed.holds(value):
            raise InvalidParameterError(
                f"The {parameter!r} parameter of {name} must be {allowed.words}. Got {value!r} instead."
            )


def hidden_widths(sizes: Any) -> list[int]:
    """The widths of the hidden layers, of a number or a sequence of them."""
    widths = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    if any(not _is_integer(width) or width <= 0 for width in widths):
        raise InvalidParameterError(f"hidden_layer_sizes must be > 0, got {widths}.")
    return [int(width) for width in widths]
