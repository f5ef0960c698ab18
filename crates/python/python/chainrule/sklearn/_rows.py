"""Element types and rows, as the compiled module takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from ..errors import InvalidInputError


def network_dtype(coefs: Any) -> Any:
    """The element type of a network of these weights: float32 if all are, otherwise float64."""
    return np.dtype(np.float32 if np.result_type(*coefs) == np.float32 else np.float64)


def network_rows(X: Any) -> Any:
    """X as the compiled module takes it: an aligned array in C order, or the arrays of a CSR matrix. What lies so is not
    copied."""
    if not scipy.sparse.issparse(X):
        return np.require(X, requirements=("C", "A"))
    csr = X.tocsr()
    if csr.shape[1] > np.iinfo(np.int32).max:
        raise InvalidInputError(f"the sparse X has {csr.shape[1]} features; expected less than 2^31")
    indices, indptr = csr.indices.astype(np.int32, copy=False), csr.indptr.astype(np.int64, copy=False)
    return np.ascontiguousarray(csr.data), np.ascontiguousarray(indices), np.ascontiguousarray(indptr), csr.shape[1]
