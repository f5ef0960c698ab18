"""Model files: what ``chainrule train`` saves, and what fitted estimators become."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _chainrule
from .errors import InvalidInputError

__all__ = ["Model"]


class Model:
    """A network with its preprocessing and the meaning of its outputs. Threads may share it.

    It comes from `Model.load`, or from a fitted estimator's ``to_model()``.

    Attributes
    ----------
    task : str or None
        'classification', 'binary', 'multi-label' or 'regression'; None where a file of another program does not say.
    loss : str
        What it was trained to make small.
    layers : list of str
        The layers in order, such as 'dense(64, 32)' and 'relu'.
    n_features, n_outputs : int
        The number of columns of X, and of outputs.
    class_names : list of str or None
        The names of the classes, in the order of their numbers.
    feature_names : list of str or None
        The names of the columns of X.
    dtype : str
        The element type of the weights, 'float32' or 'float64'.

    Examples
    --------
    >>> import chainrule
    >>> model = chainrule.Model.load("digits.safetensors")  # doctest: +SKIP
    >>> model.predict(images)  # doctest: +SKIP
    """

    def __init__(self, compiled: _chainrule.Model) -> None:
        self._compiled = compiled
        self.task = compiled.task
        self.loss = compiled.loss
        self.layers = compiled.layers
        self.n_features = compiled.n_features
        self.n_outputs = compiled.n_outputs
        self.class_names = compiled.class_names
        self.feature_names = compiled.feature_names
        self.dtype = compiled.dtype

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read a model file.

        Parameters
        ----------
        path : str or PathLike
            A file that chainrule saved, or safetensors with the names of PyTorch's ``nn.Sequential``.

        Returns
        -------
        model : Model

        Raises
        ------
        OSError
            When the file cannot be read.
        InvalidInputError
            When it is damaged or something else.
        """
        return cls(_chainrule.Model.load(os.fspath(path)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file, which the command ``chainrule`` and PyTorch read; a file in its place is replaced as a whole.

        Parameters
        ----------
        path : str or PathLike
            The file, usually with the ending .safetensors.

        Raises
        ------
        OSError
            When it cannot be written.
        """
        self._compiled.save(os.fspath(path))

    def _rows(self, X: Any) -> Any:
        """X as the compiled module takes it; the columns of a frame are found by their names."""
        self._compiled.check_takes_arrays()
        if self.feature_names is not None and hasattr(X, "columns"):
            missing = [name for name in self.feature_names if name not in X.columns]
            if missing:
                raise InvalidInputError(f"X has no column {missing[0]!r}; expected {self.feature_names}")
            X = X[self.feature_names]
        rows = np.ascontiguousarray(X, dtype=self.dtype)
        if np.ndim(X) != 2:
            raise InvalidInputError(f"X has {np.ndim(X)} dimensions; expected rows of {self.n_features} features")
        return rows

    def outputs(self, X: Any) -> Any:
        """What the network says: logits of classes, or values in their own unit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows as they come: the model does its preprocessing itself. They are copied into its element type.

        Returns
        -------
        y : ndarray of shape (n_samples, n_outputs)
        """
        return self._compiled.outputs(self._rows(X))

    def predict(self, X: Any) -> Any:
        """The class of each row, or its values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows as they come.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The name of the class, or its number where the model has no names; 0 or 1 of several labels; values.
        """
        y = self.outputs(X)
        if self.task == "multi-label":
            return (y > 0).astype(np.int64)
        if self.task in ("classification", "binary"):
            classes = y.argmax(axis=1) if self.task == "classification" else (y[:, 0] > 0).astype(np.int64)
            return classes if self.class_names is None else np.array(self.class_names)[classes]
        return y[:, 0] if self.n_outputs == 1 else y

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows as they come.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            In the order of ``class_names``; of several labels the probability of each.

        Raises
        ------
        InvalidInputError
            When the model predicts values.
        """
        p = self._compiled.probabilities(self._rows(X))
        return np.hstack([1 - p, p]) if self.task == "binary" else p

    def __repr__(self) -> str:
        return f"Model({', '.join(self.layers)}; {self.task or 'task unknown'}, {self.dtype})"
