"""Arrays of callers, of NumPy and of others: what lies right is not copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import InvalidInputError

__all__ = ["as_array", "as_matrix", "as_targets", "count"]

# Of DLPack: the CPU's memory, and the host's memory of CUDA and ROCm, which the CPU reads as its own.
_CPU = (1, 3, 11)
_DEVICES = {2: "CUDA", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 13: "CUDA (managed memory)", 14: "oneAPI"}


def as_array(values: Any, name: str) -> Any:
    """An array of anything that has ``__dlpack__`` or ``__array__``, or is a list; it shares the memory where it can."""
    if isinstance(values, np.ndarray):
        if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
            raise InvalidInputError(f"{name} has masked values; expected none: fill or drop them")
        return np.asarray(values)
    if hasattr(values, "__dlpack__") and hasattr(values, "__dlpack_device__"):
        unreadable = (AttributeError, BufferError, RuntimeError, TypeError, ValueError)
        try:
            device, number = values.__dlpack_device__()
        except unreadable as error:  # of PyTorch a tensor without memory, on "meta"
            raise InvalidInputError(f"{name} cannot be read as an array: {error}") from error
        if int(device) not in _CPU:
            where = _DEVICES.get(int(device), f"DLPack's {int(device)}")
            raise InvalidInputError(
                f"{name} lies on device {number} of {where}; expected the CPU's memory: of PyTorch {name}.cpu(), of CuPy "
                f"{name}.get(), of JAX jax.device_get({name})"
            )
        try:
            return np.from_dlpack(values)
        except unreadable as error:
            raise InvalidInputError(f"{name} cannot be read as an array: {error}") from error
    try:
        return np.asarray(values)
    except (RuntimeError, TypeError, ValueError) as error:  # rows of several lengths, for example
        raise InvalidInputError(f"{name} cannot be read as an array: {error}") from error


def _converted(array: Any, name: str, dtype: Any) -> Any:
    if array.dtype.kind not in "biuf":
        first = f", beginning with {array.flat[0]!r}" if array.size else ""
        raise InvalidInputError(f"{name} is an array of {array.dtype}{first}; expected numbers")
    with np.errstate(over="ignore"):  # an infinity is refused by its place
        return np.ascontiguousarray(array, dtype=dtype)


def as_matrix(values: Any, name: str, dtype: Any) -> Any:
    """Rows in C order of this element type, not copied where they are that already."""
    array = as_array(values, name)
    if array.ndim != 2:
        raise InvalidInputError(f"{name} has {array.ndim} dimensions; expected 2, (rows, columns)")
    return _converted(array, name, dtype)


def as_targets(values: Any, name: str, dtype: Any) -> Any:
    """Values of one or two dimensions as (rows, outputs)."""
    array = as_array(values, name)
    if array.ndim not in (1, 2):
        raise InvalidInputError(f"{name} has {array.ndim} dimensions; expected 1 or 2")
    array = _converted(array, name, dtype)
    return array.reshape(-1, 1) if array.ndim == 1 else array


def count(value: Any, name: str, least: int = 1) -> int:
    """A whole number, which is checked."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value < 1 << 63:
        raise InvalidInputError(f"{name} is {value!r}; expected a whole number, at least {least}")
    return int(value)
