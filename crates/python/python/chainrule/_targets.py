"""What a dataset's targets are: classes by their names or numbers, or values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._arrays import aligned, as_array, as_numbers, as_targets
from .errors import InvalidInputError

__all__ = ["LOSSES", "class_numbers", "labels_or_values", "without_bytes"]

#: The tasks, and the loss of each that is minimised where none is asked for.
LOSSES = {
    "classification": "cross-entropy",
    "binary": "binary-cross-entropy",
    "multi-label": "binary-cross-entropy",
    "regression": "mse",
}


def without_bytes(y: Any, name: str) -> Any:
    """The array, which is refused where it holds bytes: they are neither texts nor numbers."""
    if y.dtype.kind == "S" or y.dtype.kind == "O" and y.size and isinstance(y.flat[0], bytes):
        raise InvalidInputError(f"{name} holds bytes, beginning with {bytes(y.flat[0])!r}; expected texts: {name}.astype(str)")
    return y


def class_numbers(y: Any, names: list[str], other: list[str], what: str, of: str) -> Any:
    """The numbers of classes as another list of names has them: `y` counts in `names`. `what` and `of` are for messages."""
    known = {name: number for number, name in enumerate(other)}
    occurring = np.unique(y)
    unknown = [names[number] for number in occurring if names[number] not in known]
    if unknown:
        raise InvalidInputError(
            f"{what} has the class {unknown[0]!r}; expected one of {of}: {other}. Give y by these names, or class_names= in "
            "the order of its numbers; rows of a file are read with like="
        )
    places = np.array([known.get(name, 0) for name in names], np.uint32)
    return aligned(places[y], np.uint32)


def labels_or_values(y: Any, task: str | None, class_names: Sequence[str] | None) -> tuple[str, list[str] | None, Any, int]:
    """The task, the names of the classes, y as class numbers (uint32) or values, and the number of outputs."""
    if task is not None and task not in LOSSES:
        raise InvalidInputError(f"task is {task!r}; expected one of {', '.join(LOSSES)}")
    given = y
    if isinstance(y, (list, tuple)) and any(isinstance(name, str) for name in y):
        y = np.array(y, dtype=object)  # what is no text stays what it is: NaN among texts would become the text 'nan'
    y = without_bytes(as_array(y, "y"), "y")
    is_text = y.dtype.kind == "U" or (y.dtype.kind == "O" and y.size > 0 and all(isinstance(name, str) for name in y.flat))
    if y.dtype.kind == "O" and not is_text and any(isinstance(name, str) for name in y.flat):
        row, other = next((row, name) for row, name in enumerate(y.flat) if not isinstance(name, str))
        is_missing = other is None or type(other).__name__ == "NAType" or other != other
        found = "no class" if is_missing else f"{other!r}, a {type(other).__name__},"
        raise InvalidInputError(
            f"y has {found} in row {row + 1}, and texts in others; expected a text in each: "
            + ("fill or drop missing values" if is_missing else "y.astype(str)")
        )
    if y.dtype.kind == "O" and not is_text:
        y = as_numbers(given, "y", (1, 2))
    kind = y.dtype.kind
    if task is None:
        if y.ndim == 2 and kind in "biu":
            raise InvalidInputError("y has whole numbers in columns; name the task: 'multi-label' or 'regression'")
        task = "classification" if is_text or kind in "biu" else "regression"
    if task != "classification":
        if class_names is not None:
            raise InvalidInputError(f"class_names are given, and the task is {task}; expected classification")
        values = as_targets(y, "y", y.dtype if y.dtype == np.float32 else np.float64)
        if task != "regression" and not np.isin(values, (0, 1)).all():
            raise InvalidInputError(f"y has other numbers than 0 and 1, and the task is {task}")
        if task == "binary" and values.shape[1] != 1:
            raise InvalidInputError(f"y has {values.shape[1]} columns, and the task is binary; expected one, or 'multi-label'")
        return task, None, values, values.shape[1]
    if y.ndim != 1:
        raise InvalidInputError(f"y has {y.ndim} dimensions; expected 1, a class for each row")
    names = None if class_names is None else [str(name) for name in class_names]
    if is_text:
        names = sorted({str(name) for name in y}) if names is None else names
        numbers = {name: number for number, name in enumerate(names)}
        unknown = sorted({str(name) for name in y} - set(numbers))
        if unknown:
            raise InvalidInputError(f"y has the class {unknown[0]!r}; expected one of {names}")
        return task, names, np.array([numbers[str(name)] for name in y], np.uint32), len(names)
    if kind not in "biu":
        raise InvalidInputError(f"y is an array of {y.dtype}; expected classes, as texts or whole numbers")
    largest = int(y.max()) if y.size else -1
    classes = largest + 1 if names is None else len(names)
    if y.size and (int(y.min()) < 0 or largest >= classes or largest >= 2**32):
        expected = f"0 to {classes - 1}" if names is not None else "0 or more"
        raise InvalidInputError(f"y has the classes {y.min()} to {largest}; expected {expected}")
    return task, names, aligned(y, np.uint32), classes
