"""Losses of the caller's own: functions of Python that return a value and its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._arrays import aligned, as_array
from .errors import InvalidInputError

__all__ = ["Loss", "checked"]

#: Of the outputs and what else there is: the value, and the gradient by each output.
Loss = Callable[..., tuple[Any, Any]]


def checked(found: Any, shape: tuple[int, ...], dtype: Any) -> tuple[float, Any]:
    """What a loss has returned, as the compiled module takes it."""
    if not isinstance(found, tuple) or len(found) != 2:
        kind = f"{len(found)} values" if isinstance(found, tuple) else type(found).__name__
        raise InvalidInputError(f"the loss returned {kind}; expected two values: the loss, and its gradient by the outputs")
    value, gradient = found
    try:
        value = float(value)
    except (RuntimeError, TypeError, ValueError) as error:
        raise InvalidInputError(f"the loss is {type(value).__name__}; expected a number: {error}") from error
    gradient = as_array(gradient, "the gradient")
    if gradient.shape != shape:
        raise InvalidInputError(f"the gradient is {gradient.shape}; expected {shape}, as the outputs are")
    if gradient.dtype.kind not in "iuf":
        raise InvalidInputError(f"the gradient is an array of {gradient.dtype}; expected numbers")
    return value, aligned(gradient, dtype)
