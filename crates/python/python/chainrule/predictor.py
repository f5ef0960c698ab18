"""Models that many threads ask at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _chainrule
from ._arrays import MOST_THREADS, count
from ._pickles import part_of
from .errors import InvalidInputError
from .model import Model

__all__ = ["Predictor"]


class Predictor:
    """A model with its weights packed once, for any number of threads: a call takes no lock, and none of Python's while it
    computes. Its outputs have the bits of the model's. A pickle holds the model; its weights are packed anew.

    Parameters
    ----------
    model : Model
        Its weights are copied.
    threads : int or None
        The threads of one call: by default it computes on its own alone, as suits a server whose threads call it. None takes
        all cores for calls that are long enough.

    Raises
    ------
    InvalidInputError
        When the model's columns are no plain numbers.

    Examples
    --------
    >>> import chainrule, numpy as np
    >>> predictor = chainrule.Predictor(chainrule.Mlp("3-8-2 relu").to_model("cross-entropy"))
    >>> predictor.predict_proba(np.zeros((1, 3), np.float32)).shape
    (1, 2)
    """

    def __init__(self, model: Model, threads: int | None = 1) -> None:
        if not isinstance(model, Model):
            raise InvalidInputError(f"model is {type(model).__name__}; expected a chainrule.Model")
        model._compiled.check_takes_arrays()
        self._model = model
        self._dtype = np.dtype(model.dtype)
        self._threads = None if threads is None else count(threads, "threads", most=MOST_THREADS)
        self._compiled = _chainrule.ModelPredictor(model._compiled, self._threads)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_compiled"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        model = part_of(state, "_model", Model)
        self.__dict__.update(state)
        self._compiled = _chainrule.ModelPredictor(model._compiled, self._threads)

    def _rows(self, X: Any) -> Any:
        if type(X) is np.ndarray and X.dtype == self._dtype and X.ndim == 2 and X.flags.c_contiguous and X.flags.aligned:
            return X
        return self._model._rows(X)

    def outputs(self, X: Any, out: Any = None) -> Any:
        """What the network says: logits of classes, or values in their own unit.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows as they come. Not copied where it is an array of the model's element type in C order, or such a tensor in the
            CPU's memory.
        out : ndarray of shape (n_rows, n_outputs), optional
            Where the outputs are written: of the model's element type, in C order, apart from X.

        Returns
        -------
        y : ndarray of shape (n_rows, n_outputs)
            A new array, or `out`.
        """
        return self._compiled.outputs(self._rows(X), False, out)

    def predict(self, X: Any) -> Any:
        """The class of each row, or its values: as `Model.predict`."""
        return self._model._answers(self._compiled.outputs(self._rows(X), False, None))

    def predict_proba(self, X: Any, out: Any = None) -> Any:
        """The probability of each class: as `Model.predict_proba`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
        out : ndarray of shape (n_rows, n_classes), optional
            Where the probabilities are written, as `outputs` does it.

        Returns
        -------
        p : ndarray of shape (n_rows, n_classes)
        """
        if self._model.task != "binary":
            return self._compiled.outputs(self._rows(X), True, out)
        p = self._compiled.outputs(self._rows(X), True, None)
        both = np.hstack([1 - p, p])
        if out is None:
            return both
        if not isinstance(out, np.ndarray) or (out.shape, out.dtype) != (both.shape, both.dtype) or not out.flags.writeable:
            raise InvalidInputError(f"out is no writable array of {both.dtype} of shape {both.shape}")
        out[...] = both
        return out

    def __repr__(self) -> str:
        return f"Predictor({', '.join(self._model.layers)}; {self._dtype.name})"
