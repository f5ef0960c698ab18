"""Arrays of callers, of NumPy and of others: what lies right is not copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._frames import column_names, numbers_of, plain
from .errors import InvalidInputError

__all__ = ["MOST_THREADS", "aligned", "as_array", "as_matrix", "as_numbers", "as_targets", "count", "flag", "real", "word"]

#: More would not pay: each takes a stack, and the work is shared among them.
MOST_THREADS = 1024

# Of DLPack: the CPU's memory, and the host's memory of CUDA and ROCm, which the CPU reads as its own.
_CPU = (1, 3, 11)
_DEVICES = {2: "CUDA", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 13: "CUDA (managed memory)", 14: "oneAPI"}


def as_array(values: Any, name: str) -> Any:
    """An array of anything that has ``__dlpack__`` or ``__array__``, or is a list; it shares the memory where it can."""
    if isinstance(values, np.ndarray):
        if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
            raise InvalidInputError(f"{name} has masked values; expected none: fill or drop them")
        return np.asarray(values)
    if hasattr(values, "toarray") and hasattr(values, "nnz"):  # of SciPy
        kind = f" ({values.format})" if hasattr(values, "format") else ""
        raise InvalidInputError(f"{name} is a sparse matrix{kind}; expected a dense array: {name}.toarray()")
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


def as_numbers(values: Any, name: str, dims: tuple[int, ...]) -> Any:
    """As `as_array`, of numbers: the columns of a frame may have several types, and nullable ones."""
    array = as_array(values, name)
    if array.ndim not in dims:
        expected = "2, (rows, columns)" if dims == (2,) else " or ".join(str(n) for n in dims)
        raise InvalidInputError(f"{name} has {array.ndim} dimensions; expected {expected}")
    if array.dtype.kind == "O":
        names = column_names(values)
        if names is not None and array.ndim == 2:
            return numbers_of(values, names, name)
        if array.ndim == 1 and hasattr(values, "dtype") and not isinstance(values, np.ndarray):
            return plain(array, name)
    if array.dtype.kind not in "biuf":
        first = f", beginning with {array.flat[0]!r}" if array.size else ""
        raise InvalidInputError(f"{name} is an array of {array.dtype}{first}; expected numbers")
    return array


def aligned(array: Any, dtype: Any) -> Any:
    """The array in this element type, aligned and in C order: itself where it is that already."""
    with np.errstate(over="ignore"):  # an infinity is refused by its place
        return np.require(array, dtype, ("C", "A"))


def as_matrix(values: Any, name: str, dtype: Any) -> Any:
    """Rows in C order of this element type, not copied where they are that already."""
    return aligned(as_numbers(values, name, (2,)), dtype)


def as_targets(values: Any, name: str, dtype: Any) -> Any:
    """Values of one or two dimensions as (rows, outputs)."""
    array = aligned(as_numbers(values, name, (1, 2)), dtype)
    return array.reshape(-1, 1) if array.ndim == 1 else array


def count(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """A whole number, which is checked."""
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if is_whole and least <= value <= ((1 << 63) - 1 if most is None else most):
        return int(value)
    expected = f"at least {least}" if most is None else f"{least} to {most}"
    if is_whole and most is None and value >= least:
        expected = f"{least} to 2**63 - 1"
    raise InvalidInputError(f"{name} is {value!r}; expected a whole number, {expected}")


def real(value: Any, name: str) -> float:
    """A number, which is checked to be one."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InvalidInputError(f"{name} is {value!r}; expected a number")
    return float(value)


def flag(value: Any, name: str) -> bool:
    """True or False, which is checked."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidInputError(f"{name} is {value!r}; expected True or False")
    return bool(value)


def word(value: Any, name: str, example: str) -> str:
    """A text, which is checked to be one."""
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} is {value!r}; expected a text such as {example!r}")
    return value
