"""Element types and rows, as the compiled module takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from ..errors import InvalidInputError


def network_dtype(coefs: Any) -> Any:
    """The element type of a network of these weights: float32 if all are, otherwise float64."""
    return np.dtype(np.float32 if np.result_type(*coefs) == np.float32 else np.float64)


def without_dates(X: Any) -> Any:
    """X, which is refused where it holds dates or time spans: scikit-learn would count their nanoseconds."""
    kinds = getattr(X, "dtypes", None)
    dtypes = list(kinds) if kinds is not None and hasattr(kinds, "__iter__") else [getattr(X, "dtype", None)]
    for column, dtype in enumerate(dtypes):
        if getattr(dtype, "kind", "") in ("M", "m"):
            where = f"column {X.columns[column]!r} of X" if hasattr(X, "columns") else "X"
            raise InvalidInputError(f"{where} is {dtype}; expected numbers: the hour or the day of the week, for example")
    return X


def without_texts(y: Any) -> Any:
    """The targets of a regressor, which are refused where they are texts."""
    array = np.asarray(y) if isinstance(y, (list, tuple)) else y
    kind = getattr(getattr(array, "dtype", None), "kind", "")
    if kind in "US" and kind or kind == "O" and len(array) and isinstance(np.asarray(array).flat[0], str):
        first = np.asarray(array).flat[0]
        raise InvalidInputError(f"y holds texts, beginning with {str(first)!r}; expected numbers, or of classes an MLPClassifier")
    return y


def held(array: Any, dtype: Any, name: str) -> Any:
    """The array or sparse matrix in the network's element type, in C order. A number beyond it is refused by its place."""
    values = array.data if scipy.sparse.issparse(array) else array
    if values.dtype == dtype:
        return array if scipy.sparse.issparse(array) else np.require(array, requirements=("C", "A"))
    with np.errstate(over="ignore"):
        found = array.astype(dtype) if scipy.sparse.issparse(array) else np.require(array, dtype, ("C", "A"))
    is_held = np.isfinite(found.data if scipy.sparse.issparse(found) else found) | ~np.isfinite(values)
    if not is_held.all():
        at = np.argwhere(~is_held)[0]
        value = values[tuple(at)]
        place = ""
        if not scipy.sparse.issparse(array):
            place = f", row {at[0] + 1}" + (f", column {at[1] + 1}" if len(at) > 1 else "")
        raise InvalidInputError(
            f"{name}{place}: found {value:.6g}, which {np.dtype(dtype).name} does not hold; expected at most"
            f" {np.finfo(dtype).max:.3g}: scale the numbers, or set dtype='float64'"
        )
    return found


def network_rows(X: Any) -> Any:
    """X as the compiled module takes it: an aligned array in C order, or the arrays of a CSR matrix. What lies so is not
    copied."""
    if not scipy.sparse.issparse(X):
        return np.require(X, requirements=("C", "A"))
    csr = X.tocsr()
    if csr.shape[1] > np.iinfo(np.int32).max:
        raise InvalidInputError(f"the sparse X has {csr.shape[1]} features; expected less than 2^31")
    indices, indptr = csr.indices.astype(np.int32, copy=False), csr.indptr.astype(np.int64, copy=False)
    data, indices, indptr = (np.require(part, None, ("C", "A")) for part in (csr.data, indices, indptr))
    return data, indices, indptr, csr.shape[1]
