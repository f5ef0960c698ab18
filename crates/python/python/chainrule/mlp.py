"""Networks that learn, step by step or by a `Trainer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import _chainrule
from ._arrays import aligned, as_array, as_matrix, as_targets, count, word
from ._losses import Loss, checked
from ._pickles import part_of
from .errors import InvalidInputError
from .model import Model

__all__ = ["Mlp"]


class Mlp:
    """A multilayer perceptron. It is one thread's at a time; threads share a `Predictor` of its model.

    A pickle holds weights, running statistics, the moments of the optimiser and the state of dropout: the copy takes the same
    further steps, bit for bit. One that cannot be read, or was damaged, is an `InvalidInputError`.

    Parameters
    ----------
    layers : str
        The widths from the inputs to the outputs, then the modules behind each dense layer but the last:
        '784-128-64-10 batch_norm relu dropout(0.2)'; or the layers as a model prints them, with commas:
        'dense(784, 128), relu, dense(128, 10)'. A network that is trained by cross-entropy ends in its logits.
    seed : int
        The seed of the weights and of dropout.
    dtype : {'float32', 'float64'}
        The element type of the weights, and of everything that is computed.
    init : str
        How the weights are drawn: 'auto' by the activation, 'he', 'glorot', 'lecun', 'torch', 'normal(0.01)', 'zeros', ...

    Attributes
    ----------
    layers : list of str
        The layers in order, such as 'dense(784, 128)' and 'relu'.
    n_features, n_outputs, n_parameters : int
        The number of inputs, of outputs, and of weights and biases together.
    dtype : str
        The element type.
    kernel : str
        The kernel that computes, by element type and instruction set.

    Raises
    ------
    InvalidInputError
        When the text is no network; it says what is wrong.

    Examples
    --------
    >>> import chainrule
    >>> chainrule.Mlp("784-128-10 relu")
    Mlp(dense(784, 128), relu, dense(128, 10); 101,770 parameters, float32)
    """

    def __init__(self, layers: str, *, seed: int = 0, dtype: str = "float32", init: str = "auto") -> None:
        name = np.dtype(dtype).name if dtype in ("f", "d", np.float32, np.float64) else dtype
        if name not in ("float32", "float64"):
            raise InvalidInputError(f"dtype is {dtype!r}; expected 'float32' or 'float64'")
        if not isinstance(layers, str):
            raise InvalidInputError(f"layers is {type(layers).__name__}; expected a text such as '784-128-10 relu'")
        self._own(_chainrule.Mlp(layers, count(seed, "seed", 0), name == "float64", init))

    def _own(self, compiled: _chainrule.Mlp) -> None:
        self._compiled = compiled
        self.layers = compiled.layers
        self.n_features = compiled.n_features
        self.n_outputs = compiled.n_outputs
        self.n_parameters = compiled.n_parameters
        self.dtype = compiled.dtype
        self.kernel = compiled.kernel

    @classmethod
    def _of(cls, compiled: _chainrule.Mlp) -> Mlp:
        mlp = cls.__new__(cls)
        mlp._own(compiled)
        return mlp

    @classmethod
    def from_model(cls, model: Model) -> Mlp:
        """A copy of a model's network, without what the model does before and behind it.

        Parameters
        ----------
        model : Model

        Returns
        -------
        mlp : Mlp
        """
        return cls._of(_chainrule.Mlp.from_model(model._compiled))

    def copy(self) -> Mlp:
        """A network with the same weights, which learns on its own.

        The moments of its optimiser begin anew; ``copy.deepcopy`` copies them, too.
        """
        return self._of(self._compiled.copy())

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_compiled": self._compiled.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        compiled = _chainrule.Mlp.from_bytes(part_of(state, "_compiled", bytes))
        self.__dict__.update(state)
        self._own(compiled)

    def forward(self, X: Any) -> Any:
        """The outputs, as of an evaluation: dropout drops nothing.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Not copied where it is an array of the network's element type in C order, or such a tensor in the CPU's memory.

        Returns
        -------
        y : ndarray of shape (n_rows, n_outputs)

        Raises
        ------
        InvalidInputError
            When X has another shape, or holds no numbers.
        """
        return self._compiled.forward(self._x(X))

    def _x(self, X: Any) -> Any:
        return as_matrix(X, "X", self.dtype)

    def train_step(self, X: Any, y: Any, loss: str | Loss, optimizer: str = "sgd") -> float:
        """A training step on these rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
        y : array-like
            With a named loss the classes' numbers, (n_rows,), or values, (n_rows, n_outputs); otherwise what `loss` takes.
        loss : str or callable
            'cross-entropy', 'binary-cross-entropy', 'mse', 'half-mse', 'mae', 'huber(1)'; or a function
            ``loss(outputs, y)`` that returns its value and its gradient by the outputs, an array of their shape. It may not
            use the network, whose pass is under way.
        optimizer : str
            'sgd', 'sgd:lr=0.1:momentum=0.9', 'adamw:lr=0.002', 'rmsprop', 'adagrad'. Its moments stay from step to step
            as long as its name does.

        Returns
        -------
        value : float
            The loss before the step. Where that is infinite or NaN, the network stays as it is.

        Raises
        ------
        InvalidInputError
            When the rows, y or the gradient do not fit, or `loss` uses the network: it is in use until the step is done. The
            network stays as it is.

        Examples
        --------
        >>> import chainrule, numpy as np
        >>> mlp, x, t = chainrule.Mlp("1-1", init="zeros"), np.ones((4, 1)), np.full((4, 1), 3.0)
        >>> def absolute(y, t):
        ...     return np.abs(y - t).mean(), np.sign(y - t) / len(y)
        >>> [mlp.train_step(x, t, absolute, "sgd:lr=0.5") for _ in range(3)]
        [3.0, 2.0, 1.0]
        """
        word(optimizer, "optimizer", "adam:lr=0.01")
        return self._compiled.train_step(self._x(X), *self._criterion(y, loss), optimizer)

    def gradients(self, X: Any, y: Any, loss: str | Loss) -> tuple[float, dict[str, Any]]:
        """The loss on these rows and its gradients, of a training pass; the network stays as it is.

        Parameters
        ----------
        X, y, loss
            As `train_step` takes them.

        Returns
        -------
        value : float
        gradients : dict of str to ndarray
            By the names and in the shapes of `parameters`.
        """
        value, gradients = self._compiled.gradients(self._x(X), *self._criterion(y, loss))
        return value, dict(gradients)

    def _criterion(self, y: Any, loss: str | Loss) -> tuple[Any, str | Callable[[Any], tuple[float, Any]]]:
        """y and the loss as the compiled module takes them."""
        if callable(loss):
            return None, lambda outputs: checked(loss(outputs, y), outputs.shape, self.dtype)
        word(loss, "loss", "mse")
        t = as_array(y, "y")
        if loss != "cross-entropy" or t.ndim != 1:
            return as_targets(y, "y", self.dtype), loss
        if t.dtype.kind not in "iu":
            raise InvalidInputError(
                f"y is an array of {t.dtype}; with 'cross-entropy' expected the classes' numbers, whole ones: y.astype(int)"
            )
        if t.size and (t.min() < 0 or t.max() >= self.n_outputs):
            raise InvalidInputError(f"y has the classes {t.min()} to {t.max()}; expected 0 to {self.n_outputs - 1}")
        return aligned(t, np.uint32), loss

    def parameters(self) -> dict[str, Any]:
        """Copies of the weights and biases.

        Returns
        -------
        parameters : dict of str to ndarray
            '0.weight' of shape (inputs, outputs) and '0.bias' of module 0, and so on, as PyTorch numbers those of an
            ``nn.Sequential``; PyTorch's weights are (outputs, inputs).
        """
        return dict(self._compiled.parameters())

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Replace weights and biases; the moments of the optimiser begin anew.

        Parameters
        ----------
        parameters : dict of str to array-like
            Some or all, by the names and in the shapes of `parameters`.

        Raises
        ------
        InvalidInputError
            When a name is not known, a shape is another one, or a number is infinite or NaN; nothing is replaced then.
        """
        given = []
        for name, values in parameters.items():
            array = as_array(values, name)
            if array.dtype.kind not in "iuf":
                raise InvalidInputError(f"{name} is an array of {array.dtype}; expected numbers")
            given.append((str(name), aligned(array, self.dtype)))
        self._compiled.set_parameters(given)

    def to_model(self, loss: str, class_names: list[str] | None = None) -> Model:
        """A model of a copy, which takes rows as they are: to save, to ask, to trace.

        Parameters
        ----------
        loss : str
            What the network was trained for: 'cross-entropy', 'binary-cross-entropy', 'mse', ...
        class_names : list of str, optional
            The names of the classes, in the order of the outputs; not with a loss of values.

        Returns
        -------
        model : Model

        Raises
        ------
        InvalidInputError
            When there are other names than outputs, two are alike, or the loss has no classes.
        """
        if class_names is not None and len(class_names) != self.n_outputs:
            raise InvalidInputError(f"there are {len(class_names)} class_names; expected {self.n_outputs}, one for each output")
        return Model(self._compiled.model(loss, class_names))

    def weights_sha256(self) -> str:
        """The hash of all weights and biases, as the command prints it: the same bits have the same."""
        return self._compiled.weights_sha256()

    def __call__(self, X: Any) -> Any:
        return self.forward(X)

    def __repr__(self) -> str:
        return f"Mlp({', '.join(self.layers)}; {self.n_parameters:,} parameters, {self.dtype})"

    def __str__(self) -> str:
        return self._compiled.table
