"""The ranges of the estimators' parameters, as scikit-learn documents them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._chainrule import activation_error, activation_names, loss_error, schedule_error, solver_error
from .._arrays import MOST_THREADS
from ..errors import InvalidParameterError


@dataclass(frozen=True)
class Range:
    """What a parameter may be: a check, and its words in messages after "must be"."""

    holds: Callable[[Any], bool]
    words: str
    #: Why a text that is none of scikit-learn's is none of chainrule's either, where that can be said.
    error: Callable[[str], str | None] | None = None


def _is_real(value: Any) -> bool:
    if not isinstance(value, Real) or isinstance(value, (bool, np.bool_)):
        return False
    try:
        return not np.isnan(float(value))
    except OverflowError:  # larger than any float
        return False


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _one_of(*names: str) -> Range:
    words = "a str among {" + ", ".join(repr(name) for name in names) + "}"
    return Range(lambda value: isinstance(value, str) and value in names, words)


def _one_of_or(names: tuple[str, ...], error: Callable[[str], str | None], words: str) -> Range:
    """One of scikit-learn's names, or what chainrule reads in a text."""

    def holds(value: Any) -> bool:
        return isinstance(value, str) and (value in names or error(value) is None)

    return Range(holds, f"{_one_of(*names).words}, or {words}", error)


_BOOLEAN = Range(lambda value: isinstance(value, (bool, np.bool_)), "an instance of 'bool'")
# Epochs, iterations and evaluations beyond this are never reached.
MOST_STEPS = 2**63 - 1
_COUNT = Range(lambda value: _is_integer(value) and value >= 1, "an int in the range [1, inf)")
_NOT_NEGATIVE = Range(lambda value: _is_real(value) and 0 <= value < np.inf, "a float in the range [0.0, inf)")
_POSITIVE = Range(lambda value: _is_real(value) and 0 < value < np.inf, "a float in the range (0.0, inf)")
_SHARE = Range(lambda value: _is_real(value) and 0 <= value < 1, "a float in the range [0.0, 1.0)")


def _is_seed(value: Any) -> bool:
    if value is None or isinstance(value, np.random.RandomState):
        return True
    return _is_integer(value) and 0 <= value <= 2**32 - 1


def _are_sizes(value: Any) -> bool:
    return _is_integer(value) and value >= 1 or hasattr(value, "__iter__") and not isinstance(value, (str, bytes, bytearray))


# The normalisations, and of how many rows their arrays are: gamma and beta; running mean and variance as well.
NORMS = {"layer_norm": 2, "batch_norm": 4}

RANGES: Mapping[str, Range] = {
    "hidden_layer_sizes": Range(_are_sizes, "an array-like or an int in the range [1, inf)"),
    "activation": _one_of_or(tuple(activation_names()), activation_error, "with a number, such as 'elu(0.5)'"),
    "solver": _one_of_or(
        ("lbfgs", "sgd", "adam"), solver_error, "an optimiser of chainrule's, such as 'adamw:weight-decay=0.05'"
    ),
    "alpha": _NOT_NEGATIVE,
    "batch_size": Range(
        lambda value: (isinstance(value, str) and value == "auto") or _COUNT.holds(value),
        "a str among {'auto'} or an int in the range [1, inf)",
    ),
    "learning_rate": _one_of_or(
        ("constant", "invscaling", "adaptive"), schedule_error, "a schedule of chainrule's, such as 'cosine'"
    ),
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
    "n_threads": Range(
        lambda value: value is None or (_is_integer(value) and 1 <= value <= MOST_THREADS),
        f"an int in the range [1, {MOST_THREADS}] or None",
    ),
    "dtype": Range(
        lambda value: value is None or (isinstance(value, str) and value in ("float32", "float64")),
        "a str among {'float32', 'float64'} or None",
    ),
    "loss": _one_of_or(("squared_error", "poisson"), loss_error, "a loss of chainrule's, such as 'huber(0.5)'"),
    "norm": Range(
        lambda value: value is None or (isinstance(value, str) and value in NORMS),
        "a str among {'batch_norm', 'layer_norm'} or None",
    ),
    "dropout": _SHARE,
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
            why = allowed.error(value) if allowed.error is not None and isinstance(value, str) else None
            raise InvalidParameterError(
                f"The {parameter!r} parameter of {name} must be {allowed.words}. Got {value!r} instead"
                f"{'' if why is None else f': {why}'}."
            )
    if estimator.solver == "lbfgs" and (estimator.dropout or estimator.norm == "batch_norm"):
        raise InvalidParameterError(
            f"The 'solver' parameter of {name} is 'lbfgs', which has no minibatches: expected a dropout of 0 and a norm of"
            f" 'layer_norm' or None. Got {estimator.dropout!r} and {estimator.norm!r} instead."
        )


def threads(estimator: Any) -> int | None:
    """The number of threads that predict, which is checked as it is for a fit."""
    allowed = RANGES["n_threads"]
    if not allowed.holds(estimator.n_threads):
        name = type(estimator).__name__
        raise InvalidParameterError(
            f"The 'n_threads' parameter of {name} must be {allowed.words}. Got {estimator.n_threads!r} instead."
        )
    found: int | None = estimator.n_threads
    return found


def hidden_widths(sizes: Any) -> list[int]:
    """The widths of the hidden layers, of a number or a sequence of them."""
    widths = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    if any(not _is_integer(width) or width <= 0 for width in widths):
        raise InvalidParameterError(f"hidden_layer_sizes must be > 0, got {widths}.")
    return [int(width) for width in widths]
