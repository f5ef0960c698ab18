"""Frames of any library: the names of their columns, and their numbers column by column."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from .errors import InvalidInputError

__all__ = ["chosen_columns", "column_names", "named_columns", "numbers_of", "places_by_name"]

_KINDS = {"M": "dates", "m": "time spans", "c": "complex numbers", "U": "texts", "S": "bytes"}


def column_names(X: Any) -> list[str] | None:
    """The names of a frame's columns as texts; None of what is no frame."""
    names = getattr(X, "column_names", None)  # of PyArrow, whose `columns` are the values
    names = names if isinstance(names, list) else getattr(X, "columns", None)
    return None if names is None or callable(names) else [str(name) for name in names]


def named_columns(X: Any) -> list[str] | None:
    """As `column_names`; None where a frame's columns are only counted, from 0, as pandas does where it is given no names."""
    names = column_names(X)
    given = getattr(X, "columns", None)
    is_counted = names == [str(place) for place in range(len(names or []))]
    are_texts = given is not None and any(isinstance(name, str) for name in given)
    return None if is_counted and not are_texts else names


def places_by_name(found: list[str], expected: list[str], what: str, of: str) -> list[int] | None:
    """Where the expected columns stand among those that were found; None where they are these in this order."""
    if found == expected:
        return None
    places = {name: place for place, name in enumerate(found)}
    missing = [name for name in expected if name not in places]
    if missing:
        raise InvalidInputError(
            f"{what} has no column {missing[0]!r}; expected {of}: {_listed(expected)}. Rename the columns, or give "
            "X.to_numpy() where they are in this order"
        )
    twice = [name for name in expected if found.count(name) > 1]
    if twice:
        raise InvalidInputError(f"{what} has the column {twice[0]!r} twice; expected it once, as it is found by its name")
    return [places[name] for name in expected]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:20]) + (f", ... ({len(names)})" if len(names) > 20 else "")


def chosen_columns(X: Any, places: list[int]) -> Any:
    """The columns of a frame at these places, in this order."""
    if hasattr(X, "iloc"):
        return X.iloc[:, places]
    names = list(X.columns) if not isinstance(getattr(X, "column_names", None), list) else X.column_names
    return X.select([names[place] for place in places])


def numbers_of(X: Any, names: list[str], name: str) -> Any:
    """The numbers of a frame whose columns have several types: an array of the type that holds all of them."""
    titles = (f"{name}, column {title!r}" for title in names)
    return np.column_stack([_numbers(_column(X, place, names), title) for place, title in enumerate(titles)])


def _numbers(column: Any, title: str) -> Any:
    if hasattr(getattr(column, "dtype", None), "na_value") and hasattr(column, "isna"):  # of pandas, nullable
        missing = np.flatnonzero(np.asarray(column.isna()))
        if len(missing) and column.dtype.kind in "biuf":
            raise _without_value(title, missing[0])
    return plain(np.asarray(column), title)


def _without_value(title: str, row: int) -> InvalidInputError:
    return InvalidInputError(f"{title} has no value in row {row + 1}; expected a number: fill or drop missing values")


def _column(X: Any, place: int, names: list[str]) -> Any:
    return X.iloc[:, place] if hasattr(X, "iloc") else X[names[place]]


def plain(column: Any, title: str) -> Any:
    """Numbers of a column in an element type of NumPy; those of a nullable type are objects before."""
    if column.dtype.kind in "biuf":
        return column
    if column.dtype.kind != "O":
        found = _KINDS.get(column.dtype.kind, str(column.dtype))
        raise InvalidInputError(f"{title} holds {found}; expected numbers")
    for row, value in enumerate(column):
        if not isinstance(value, (numbers.Real, np.bool_)):
            if value is None or type(value).__name__ == "NAType":
                raise _without_value(title, row)
            raise InvalidInputError(f"{title} holds {type(value).__name__}, beginning with {value!r}; expected numbers")
    if all(isinstance(value, (bool, np.bool_)) for value in column):
        return column.astype(np.bool_)
    is_whole = all(isinstance(value, numbers.Integral) and abs(int(value)) < 1 << 63 for value in column)
    return column.astype(np.int64 if is_whole else np.float64)
