"""Model files: what ``chainrule train`` saves, and what fitted estimators and PyTorch's modules become."""

from __future__ import annotations

import json
import os
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _chainrule
from ._arrays import aligned, as_array, as_matrix, as_targets, count
from ._frames import chosen_columns, named_columns, places_by_name
from ._learned import Learned
from ._pickles import part_of
from ._targets import without_bytes
from .dataset import Dataset
from .errors import InvalidInputError
from .explanations import Examination, Finding, Graph, Trace

if TYPE_CHECKING:
    from .trainer import History

__all__ = ["Model"]


class Model:
    """A network with its preprocessing and the meaning of its outputs. Threads may share it.

    It comes from `Trainer.fit`, from `Model.load`, from a fitted estimator's ``to_model()``, from `from_sklearn` or from
    `from_torch`. Many threads that ask it often take a `Predictor` of it. A pickle of it holds its file, with the checksum that
    finds any damage, and the history.

    Attributes
    ----------
    task : str or None
        'classification', 'binary', 'multi-label' or 'regression'; None where a file of another program does not say.
    loss : str
        What it was trained to make small, and what `evaluate`, `trace` and `doctor` measure.
    has_own_loss : bool
        Whether it was trained by a function of Python instead, which no file holds; then `loss` is the usual one of the task.
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
    history : History or None
        The epochs of the run that `Trainer.fit` made it by; a file does not keep them.

    Examples
    --------
    >>> import chainrule
    >>> model = chainrule.Model.load("digits.safetensors")  # doctest: +SKIP
    >>> model.predict(images)  # doctest: +SKIP
    """

    def __init__(self, compiled: _chainrule.Model) -> None:
        self._own(compiled)
        self.history: History | None = None

    def _own(self, compiled: _chainrule.Model) -> None:
        self._compiled = compiled
        self.task = compiled.task
        self.loss = compiled.loss
        self.has_own_loss = compiled.has_own_loss
        self.layers = compiled.layers
        self.n_features = compiled.n_features
        self.n_outputs = compiled.n_outputs
        self.class_names = compiled.class_names
        self.feature_names = compiled.feature_names
        self.dtype = compiled.dtype

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_compiled": self._compiled.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        compiled = _chainrule.Model.from_bytes(part_of(state, "_compiled", bytes))
        self.__dict__.update(state)
        self._own(compiled)

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
            The file, usually with the ending .safetensors. Names of other formats, such as model.onnx or model.pt, are refused:
            ``to_onnx`` and ``export`` write those.

        Raises
        ------
        OSError
            When it cannot be written.
        InvalidInputError
            When the name is another format's.
        """
        self._compiled.save(os.fspath(path))

    def _rows(self, X: Any) -> Any:
        """X as the compiled module takes it; the columns of a frame are found by their names."""
        self._compiled.check_takes_arrays()
        found = None if self.feature_names is None else named_columns(X)
        if self.feature_names is not None and found is not None:
            places = places_by_name(found, self.feature_names, "X", "the columns of the model")
            X = X if places is None else chosen_columns(X, places)
        return as_matrix(X, "X", self.dtype)

    def _part(self, data: Dataset, is_measured: bool = False) -> Any:
        """The rows of a dataset as the compiled module takes them; columns are found by their names, and so are classes where
        they are compared with predictions."""
        if data._table is None:
            self._compiled.check_takes_arrays()
        n_classes = self.n_outputs if self.task == "classification" and is_measured else None
        data = data._as_values() if self.task == "regression" else data
        like = Learned(self.feature_names, self.class_names, n_classes, "the dataset", "the model")
        return data._part(self.dtype, like)

    def _labelled(self, X: Any, y: Any) -> tuple[Any, ...]:
        """Rows with their targets, of arrays or of a dataset, as the compiled module takes them."""
        if not isinstance(X, Dataset):
            if y is None:
                raise InvalidInputError("y is missing; expected the targets of the rows, or a Dataset, which has its own")
            return (self._rows(X), self._targets(y))
        if y is not None:
            raise InvalidInputError("y is given beside a Dataset; expected one of them, as the dataset has its own y")
        return tuple(self._part(X, is_measured=True))

    def outputs(self, X: Any) -> Any:
        """What the network says: logits of classes, or values in their own unit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or Dataset
            Rows as they come: the model does its preprocessing itself. They are copied into its element type. Tensors with
            ``__dlpack__`` are read in the CPU's memory.

        Returns
        -------
        y : ndarray of shape (n_samples, n_outputs)
        """
        if isinstance(X, Dataset):
            return self._compiled.of_part(self._part(X), False)
        return self._compiled.outputs(self._rows(X))

    def predict(self, X: Any) -> Any:
        """The class of each row, or its values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or Dataset
            Rows as they come.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The name of the class, or its number where the model has no names; 0 or 1 of several labels; values, in float32 of a
            float32 model: where targets are a million times as large as their spread, train in float64.
        """
        return self._answers(self.outputs(X))

    def _answers(self, y: Any) -> Any:
        """What outputs mean."""
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
        X : array-like of shape (n_samples, n_features), or Dataset
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
        is_part = isinstance(X, Dataset)
        p = self._compiled.of_part(self._part(X), True) if is_part else self._compiled.probabilities(self._rows(X))
        return np.hstack([1 - p, p]) if self.task == "binary" else p

    def _targets(self, y: Any) -> Any:
        """y as the compiled module takes it: the numbers of classes, or values (rows, outputs)."""
        given, y = y, without_bytes(as_array(y, "y"), "y")
        if self.task in ("classification", "binary") and self.class_names is not None:
            numbers = {name: number for number, name in enumerate(self.class_names)}
            named = [str(name) for name in y.ravel()]
            unknown = sorted(set(named) - set(numbers))
            if unknown:
                raise InvalidInputError(f"y has the class {unknown[0]!r}; expected one of {self.class_names}")
            y = np.array([numbers[name] for name in named])
        if self.task == "classification":
            if y.ndim != 1 or (y.size and (y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= self.n_outputs)):
                raise InvalidInputError(f"y is {y.dtype} of shape {y.shape}; expected a class of 0 to {self.n_outputs - 1} a row")
            return aligned(y, np.uint32)
        return as_targets(given if self.class_names is None else y, "y", self.dtype)

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """The loss, and every metric that fits the task.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or Dataset
            Rows as they come; a dataset has its own y. Columns of frames and classes are found by their names.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), optional
            Classes by their names, or by their numbers where the model has no names; values in their own unit.

        Returns
        -------
        scores : dict of str to float
            'loss' first, then 'accuracy', 'r2' and so on.
        """
        return dict(_chainrule.evaluate(self._compiled, self._labelled(X, y)))

    def doctor(self, X: Any, y: Any = None) -> Examination:
        """What is wrong with the network on these rows, what that means, and what to do.

        Parameters
        ----------
        X, y
            As `evaluate` takes them: the rows that it was trained on. At most 1024 of them, spread evenly, are looked at.

        Returns
        -------
        examination : Examination
            True in a condition if nothing was found.
        """
        found = json.loads(_chainrule.doctor(self._compiled, self._labelled(X, y)))
        findings = [Finding(**finding) for finding in found.pop("findings")]
        # JSON has no NaN and no infinity.
        found |= {name: float("nan") for name in ("loss", "baseline_loss") if found[name] is None}
        return Examination(findings=findings, **found)

    def trace(self, X: Any, y: Any = None, steps: int = 1, digits: int = 6) -> Trace:
        """Every number of a training step on these rows: Z, A, loss, gradients and updates, as the kernels computed them.

        The step is that of the model's own training, or plain gradient descent with a rate of 0.1 where it does not say; of a
        model that was trained by a loss of your own it is one by `loss`, which is said. The model stays as it is.

        Parameters
        ----------
        X, y
            As `evaluate` takes them: a few rows.
        steps : int
            How many steps are taken on them.
        digits : int
            Significant digits in text and Markdown.

        Returns
        -------
        trace : Trace
            A notebook shows it; ``print`` writes it as text.
        """
        steps, digits = count(steps, "steps"), count(digits, "digits", most=17)
        return Trace(*_chainrule.trace(self._compiled, self._labelled(X, y), steps, digits))

    def graph(self, X: Any = None, y: Any = None, row: int = 0, view: str = "neurons") -> Graph:
        """The network as a picture, with the values of a row if there are rows.

        Parameters
        ----------
        X, y : optional
            As `evaluate` takes them.
        row : int
            The row that is drawn, counted from 0.
        view : {'neurons', 'operations'}
            The strongest units of each layer and their edges, or the operations with their shapes.

        Returns
        -------
        graph : Graph
            A notebook shows it.
        """
        if view not in ("neurons", "operations"):
            raise InvalidInputError(f"view is {view!r}; expected 'neurons' or 'operations'")
        row = count(row, "row", 0)
        if X is None and y is not None:
            raise InvalidInputError("X is missing; expected both X and y, or neither")
        data = None if X is None else self._labelled(X, y)
        rows = row + 1 if data is None else len(X) if isinstance(X, Dataset) else len(data[0])
        if row >= rows:
            raise InvalidInputError(f"row is {row} of {rows} rows; expected 0 to {rows - 1}, counted from 0")
        return Graph(_chainrule.Graph(self._compiled, view == "neurons", data, row))

    def export(self, path: str | os.PathLike[str], to: str | None = None, int8: bool = False) -> None:
        """Write the model for other programs.

        Parameters
        ----------
        path : str or PathLike
            The file; one in its place is replaced.
        to : {'onnx', 'c', 'rust', 'json', 'npz', 'torch'}, optional
            The format; by default that of the ending: .onnx, .c, .rs, .json, .npz.
        int8 : bool
            Whether C and Rust hold the weights in eight bits.

        Raises
        ------
        InvalidInputError
            When the format cannot hold a layer, which is named.
        """
        path = pathlib.Path(path)
        endings = {".onnx": "onnx", ".c": "c", ".rs": "rust", ".json": "json", ".npz": "npz"}
        to = to or endings.get(path.suffix)
        if to is None:
            raise InvalidInputError(f"{path} ends in none of {', '.join(endings)}; name the format: to='onnx'")
        path.write_bytes(_chainrule.export(self._compiled, to, int8, path.stem))

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """As ``export(path, to='onnx')``.

        The graph computes in the model's element type, but for the erf of 'gelu': runtimes have it in float32 alone. The
        outputs of a float64 model with 'gelu' are right to about seven digits there.

        Parameters
        ----------
        path : str or PathLike
            The file; one in its place is replaced.
        """
        self.export(path, to="onnx")

    def to_c(self, path: str | os.PathLike[str], int8: bool = False) -> None:
        """As ``export(path, to='c')``."""
        self.export(path, to="c", int8=int8)

    def weights_sha256(self) -> str:
        """The hash of all weights and biases, as the command prints it: the same bits have the same."""
        return self._compiled.weights_sha256()

    def __repr__(self) -> str:
        return f"Model({', '.join(self.layers)}; {self.task or 'task unknown'}, {self.dtype})"
