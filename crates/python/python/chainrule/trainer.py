"""Training runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import _chainrule
from ._arrays import MOST_THREADS, count, flag, real, word
from ._learned import Learned
from ._losses import Loss, checked
from .checkpoints import Checkpoints
from .dataset import Dataset
from .errors import InvalidInputError
from .mlp import Mlp
from .model import Model

__all__ = ["Epoch", "History", "Trainer"]


@dataclass(frozen=True)
class Epoch:
    """What came of an epoch. Figures of rows that there are none of are None."""

    #: Its number, counted from 1.
    epoch: int
    #: The mean loss of the rows that were learned from, of each before the step that it was in.
    loss: float
    #: The share of them that was predicted right, of classes.
    accuracy: float | None
    #: The mean loss of the validation rows after the epoch.
    validation_loss: float | None
    #: The share of them that is predicted right, of classes.
    validation_accuracy: float | None
    #: Their mean absolute error, of values, in the unit that is learned in.
    validation_mae: float | None
    #: Their coefficient of determination, of values.
    validation_r2: float | None
    #: The learning rate of its last step; None with L-BFGS.
    learning_rate: float | None
    #: What its steps took, in seconds.
    seconds: float


@dataclass(frozen=True)
class History(Sequence[Epoch]):
    """The epochs of a run, in their order."""

    epochs: tuple[Epoch, ...]
    #: Why it ended: 'finished', 'early-stopped', 'converged' (L-BFGS), or 'callback'.
    stop_reason: str
    #: With early stopping the number of the epoch that the model's weights are of, counted from 1; otherwise None.
    best_epoch: int | None
    #: Steps taken.
    steps: int
    #: What all of it took, in seconds.
    seconds: float

    def __getitem__(self, at: Any) -> Any:
        return self.epochs[at]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)


class Trainer:
    """Trains networks: the settings of a run.

    Parameters
    ----------
    loss : str or callable, optional
        'cross-entropy', 'binary-cross-entropy', 'mse', 'half-mse', 'mae', 'huber(1)'; by default the one of the dataset's
        task. For the last four whole numbers are values, and texts are refused; where the dataset names its
        ``task='classification'``, the targets are 1 at the class and 0 elsewhere. Or a function ``loss(outputs, y)`` that
        returns its mean over the rows and the gradient of that by the outputs, an array of their shape. It is given the
        outputs (rows, outputs) and the targets of a minibatch: class numbers (rows,) or values (rows, columns), and the
        weights of the rows where the dataset has some.
    optimizer : str
        'sgd', 'sgd:lr=0.1:momentum=0.9', 'adamw:lr=0.002', 'adam', 'rmsprop', 'adagrad'; or 'lbfgs', of which each
        epoch is an iteration over all rows.
    epochs, batch_size : int
        Passes over the rows; rows of a minibatch.
    seed : int
        The seed of the order of the rows.
    shuffle : bool
        Whether rows come in another order in each epoch.
    schedule : str, optional
        How the learning rate changes: 'cosine', 'step:10:0.5', 'one-cycle', ...
    clip_norm : float, optional
        The largest norm of all gradients together.
    class_weight : {'balanced'}, optional
        That rare classes count more, with cross-entropy.
    label_smoothing : float
        The share of a target that is spread over all classes, with cross-entropy.
    patience : int, optional
        Ends a run after so many epochs without a better one on the validation rows; the weights are those of the best.
    min_delta : float
        How much better an epoch must be to count.
    preprocess : {'standardize', 'minmax', 'robust', 'none', 'scale:FACTOR'}, optional
        What is done to features first, fitted to the rows that are learned from and kept in the model. By default the
        columns of a table are standardised, images divided, and arrays left as they are. The values of a table's
        regression are standardised, too; those of an array are not. Of arrays and frames 'standardize', 'none' and
        'scale:FACTOR' can be fitted; 'minmax' and 'robust' are for rows that `Dataset.read` has read.
    threads : int, optional
        The number of threads; by default that of OMP_NUM_THREADS, or of the cores. No bit of the result depends on it.

    Examples
    --------
    >>> import chainrule
    >>> train, test = chainrule.Dataset.read("digits").split(test=0.2, seed=42)
    >>> mlp = chainrule.Mlp("64-32-10 relu", seed=42)
    >>> model = chainrule.Trainer(epochs=5, seed=42).fit(mlp, train)
    >>> model.evaluate(test)["accuracy"] > 0.9
    True
    """

    def __init__(
        self,
        loss: str | Loss | None = None,
        optimizer: str = "sgd",
        *,
        epochs: int = 20,
        batch_size: int = 32,
        seed: int = 0,
        shuffle: bool = True,
        schedule: str | None = None,
        clip_norm: float | None = None,
        class_weight: str | None = None,
        label_smoothing: float = 0.0,
        patience: int | None = None,
        min_delta: float = 0.0,
        preprocess: str | None = None,
        threads: int | None = None,
    ) -> None:
        if class_weight not in (None, "balanced"):
            raise InvalidInputError(f"class_weight is {class_weight!r}; expected 'balanced' or None")
        if loss is not None and not isinstance(loss, str) and not callable(loss):
            raise InvalidInputError(f"loss is {loss!r}; expected a name or a function")
        self.loss = loss
        self._settings = {
            "optimizer": word(optimizer, "optimizer", "adam:lr=0.01"),
            "epochs": count(epochs, "epochs"),
            "batch_size": count(batch_size, "batch_size"),
            "seed": count(seed, "seed", 0),
            "shuffle": flag(shuffle, "shuffle"),
            "schedule": None if schedule is None else word(schedule, "schedule", "cosine"),
            "clip_norm": None if clip_norm is None else real(clip_norm, "clip_norm"),
            "balance_classes": class_weight == "balanced",
            "label_smoothing": real(label_smoothing, "label_smoothing"),
            "patience": None if patience is None else count(patience, "patience"),
            "min_delta": real(min_delta, "min_delta"),
            "preprocess": None if preprocess is None else word(preprocess, "preprocess", "standardize"),
            "threads": None if threads is None else count(threads, "threads", most=MOST_THREADS),
        }
        # What classes have is checked with their usual loss, where none is named.
        of_classes = loss is None and (class_weight is not None or label_smoothing)
        assumed = loss if isinstance(loss, str) else "cross-entropy" if of_classes else "mse"
        _chainrule.check_settings(self._settings | {"loss": assumed})

    def fit(
        self,
        mlp: Mlp,
        data: Dataset,
        validation: Dataset | None = None,
        callbacks: Iterable[Callable[[Epoch], Any]] | Callable[[Epoch], Any] = (),
        *,
        checkpoints: Checkpoints | str | os.PathLike[str] | None = None,
        resume: bool | Literal["auto"] = False,
    ) -> Model:
        """Train a network in place.

        Python's lock is released while it computes. Ctrl-C ends the run after the step at hand; what a callback or a loss
        raises ends it, too. The network then has the weights of the last step (with `patience`, of the best epoch).

        Parameters
        ----------
        mlp : Mlp
            It learns; no other call may use it meanwhile.
        data : Dataset
            The rows to learn from.
        validation : Dataset, optional
            Rows to measure each epoch on; nothing is learned from them, but `patience` and a 'plateau' schedule look at them.
            Their task is that of `data`.
            Their classes and the columns of frames are those of `data`, and found by their names.
        callbacks : callable or list of callable
            Called with an `Epoch` after each epoch, in their order, on the thread that called `fit`. The run ends when one
            returns False.
        checkpoints : Checkpoints, str or PathLike, optional
            Files from which the run can go on, to the same bits; or their folder alone. Not with a loss of your own, nor with
            L-BFGS.
        resume : bool or 'auto'
            Whether the run goes on from the newest checkpoint of the folder that can be read; 'auto' begins a run where there
            is none. Settings, layers and rows must be those of the run, which is checked; the weights of `mlp` are replaced.
            Callbacks are called for the epochs that are still to come, the history has all of them.

        Returns
        -------
        model : Model
            Of a copy of the network, with its preprocessing and classes; its ``history`` has the epochs. With a loss of your
            own it is measured by the usual loss of the task afterwards, and ``has_own_loss`` is True.

        Raises
        ------
        InvalidInputError
            When the rows do not fit the network or the loss, a run that is to go on is another one (each difference is named),
            the folder of a run that begins has checkpoints of another, or the loss becomes infinite or NaN: then the network has the
            weights of the last epoch before.
        OSError
            When a checkpoint cannot be written or read.
        KeyboardInterrupt
            After Ctrl-C.
        """
        for name, given, kind in (("mlp", mlp, Mlp), ("data", data, Dataset), ("validation", validation, Dataset)):
            if given is not None and not isinstance(given, kind) or given is None and name != "validation":
                raise InvalidInputError(f"{name} is {type(given).__name__}; expected a chainrule.{kind.__name__}")
        functions = (callbacks,) if callable(callbacks) else tuple(callbacks)
        for function in functions:
            if not callable(function):
                raise InvalidInputError(f"a callback is {type(function).__name__}; expected a function of an Epoch")
        kept = None
        if checkpoints is not None:
            kept = checkpoints if isinstance(checkpoints, Checkpoints) else Checkpoints(checkpoints)
        if resume not in (False, True, "auto") or kept is None and resume:
            raise InvalidInputError(f"resume is {resume!r}; expected True, False or 'auto', and checkpoints to go on from")
        if kept is not None and kept.best and validation is None:
            raise InvalidInputError("the best epoch is that of the smallest loss on validation rows, of which there are none")
        named = self.loss if isinstance(self.loss, str) else data.usual_loss
        if _chainrule.loss_error(named) is None:
            data = _of_values(data, mlp, named)
            if validation is not None and data.task == "regression":
                validation = validation._as_values()
        if validation is not None and validation.task != data.task:
            raise InvalidInputError(
                f"the task of the validation rows is {validation.task}, of those to learn from {data.task}; expected the same,"
                " named by task="
            )
        like = None if validation is None or validation._table is not None else _learned(data)
        parts = (data._part(mlp.dtype), None if validation is None else validation._part(mlp.dtype, like))
        called = (_own_loss(self.loss, mlp.dtype) if callable(self.loss) else None, _each(functions) if functions else None)
        start = None if kept is None else kept._start(resume, mlp.kernel)
        compiled, report = _chainrule.fit(mlp._compiled, parts, self._settings | {"loss": named}, called, start)
        model = Model(compiled)
        epochs, reason, best, steps, seconds = report
        model.history = History(tuple(Epoch(*epoch) for epoch in epochs), reason, best, steps, seconds)
        return model

    def __repr__(self) -> str:
        loss = self.loss.__name__ if callable(self.loss) and hasattr(self.loss, "__name__") else self.loss
        settings = [f"{name}={value!r}" for name, value in self._settings.items() if value not in (None, False, 0.0)]
        return f"Trainer({', '.join([f'loss={loss!r}', *settings])})"


def _learned(data: Dataset) -> Learned | None:
    """What validation rows are compared with; those of a file by the compiled module."""
    if data._table is not None:
        return None
    n_classes = data.n_outputs if data.task == "classification" else None
    return Learned(data.feature_names, data.class_names, n_classes, "the validation part", "the rows to learn from")


def _of_values(data: Dataset, mlp: Mlp, loss: str) -> Dataset:
    """The rows as a loss of values takes them: whole numbers are values, and words are none."""
    values = data._as_values()
    if values is not data and mlp.n_outputs != 1:
        raise InvalidInputError(
            f"y has whole numbers, which are values for the loss {loss!r}, and the network has {mlp.n_outputs} outputs; expected"
            " 1, or task='classification' if they are classes"
        )
    names = [] if values.task != "classification" or values._is_named else values.class_names or []
    # What was read from a file may have numbers for names.
    word = next((name for name in names if data._table is None or not name.removeprefix("-").isdigit()), None)
    if word is not None:
        raise InvalidInputError(
            f"y has the class {word!r}, and the loss {loss!r} is for numbers; expected 'cross-entropy', numbers, or"
            " task='classification' with 1 at the class and 0 elsewhere"
        )
    return values


def _each(functions: tuple[Callable[[Epoch], Any], ...]) -> Callable[[tuple[Any, ...]], bool]:
    """All callbacks as one; whether the run goes on."""

    def each(values: tuple[Any, ...]) -> bool:
        said = [function(Epoch(*values)) for function in functions]
        return not any(isinstance(word, (bool, np.bool_)) and not word for word in said)

    return each


def _own_loss(function: Loss, dtype: str) -> Callable[[Any, Any, Any], tuple[float, Any]]:
    """The function with what it returns checked."""

    def own(outputs: Any, targets: Any, weights: Any) -> tuple[float, Any]:
        given = (outputs, targets) if weights is None else (outputs, targets, weights)
        return checked(function(*given), outputs.shape, dtype)

    return own
