"""What both estimators share: parameters, the loop over epochs, L-BFGS, predictions of the bare network."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from .. import _chainrule
from .._chainrule import Network
from ..errors import InvalidInputError, InvalidParameterError
from ..model import Model
from ._parameters import MOST_STEPS, NORMS, check_parameters, hidden_widths
from ._predict import network_norms, network_parameters
from ._rows import held, network_dtype, network_rows, without_dates
from ._solver import SolverState

# scikit-learn's own; others are schedules of chainrule's.
_LEARNING_RATES = ("constant", "invscaling", "adaptive")


def leaves_one(n_samples: int, batch: int) -> bool:
    """Whether a minibatch of an epoch has one row, of which there is no variance."""
    return batch == 1 or n_samples % batch == 1


class Examples:
    """The examples of a fit.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
    targets : ndarray
        What the network learns: class numbers, or values of shape (n_samples, n_outputs).
    labels : ndarray
        What predictions are scored with.
    stratify : ndarray or None
        What a validation part has in the same proportions.
    n_outputs : int
    """

    def __init__(self, X: Any, targets: Any, labels: Any, stratify: Any, n_outputs: int) -> None:
        self.X = X
        self.n_samples, self.n_features = X.shape
        self.rows = network_rows(X)
        self.targets = np.require(targets, requirements=("C", "A"))
        self.labels = labels
        self.stratify = stratify
        self.n_outputs = n_outputs
        self.weight: Any = None

    def weigh(self, sample_weight: Any) -> None:
        """Take the weights of the rows."""
        if sample_weight is not None:
            self.weight = held(_check_sample_weight(sample_weight, self.X), self.X.dtype, "sample_weight")

    def data(self) -> tuple[Any, Any, Any]:
        """What the compiled module takes."""
        return self.rows, self.targets, self.weight


class BaseMLP(BaseEstimator, ABC):
    """The parent of both estimators; not for direct use."""

    # The parameters that both have; their `__init__` sets them.
    hidden_layer_sizes: Any
    activation: str
    solver: str
    batch_size: Any  # a number, or 'auto'
    learning_rate_init: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: float
    learning_rate: str
    norm: str | None
    dropout: float
    dtype: str | None
    n_threads: int | None
    # What is learned.
    coefs_: list[Any]
    intercepts_: list[Any]
    norms_: list[Any]
    _optimizer: SolverState

    @abstractmethod
    def _examples(self, X: Any, y: Any, incremental: bool, reset: bool) -> Examples:
        """Check X and y, learn the classes, and make what the network learns."""

    @abstractmethod
    def _out_activation(self) -> str:
        """The activation of the output."""

    @abstractmethod
    def _network_loss(self) -> str:
        """The compiled module's name of the loss."""

    @abstractmethod
    def _validation_score(self, output: Any, examples: Examples, rows: Any) -> float:
        """The score of the network's output for these rows."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit the network to X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data. A float32 or float64 array in C order is not copied.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets: class labels, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            The weights of the rows, 0 or more.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        check_parameters(self)
        return self._fit(X, y, sample_weight, incremental=False)

    def _check_solver(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def _dtypes(self, reset: bool) -> list[Any]:
        """What X may be made of; anything else is converted to the first."""
        if not reset:
            return [network_dtype(self.coefs_)]
        return [np.float64, np.float32] if self.dtype is None else [np.dtype(self.dtype)]

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Any:
        hidden = hidden_widths(self.hidden_layer_sizes)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        if not first:
            self._check_network(hidden)
        examples = self._examples(without_dates(X), y, incremental, reset=first)
        examples.weigh(sample_weight)
        self.n_outputs_ = examples.n_outputs
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize([examples.n_features, *hidden, examples.n_outputs], examples.X.dtype)
            self._made_by = {"hidden_layer_sizes": tuple(hidden), "norm": self.norm, "dtype": self.dtype}
        network = self._network()
        if self.solver == "lbfgs":
            self._fit_lbfgs(network, examples, first)
        else:
            self._fit_stochastic(network, examples, incremental)
        if not all(np.isfinite(array).all() for array in (*self.coefs_, *self.intercepts_, *self.norms_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may"
                " contain large values and need to be preprocessed."
            )
        return self

    def _check_network(self, hidden: list[int]) -> None:
        """Refuse parameters that are not those which the network was made by, with which a fit is to go on."""
        made = getattr(self, "_made_by", None)
        if made is None:
            return
        # Weights may be replaced by others, which these parameters do not describe.
        dtype = np.dtype(network_dtype(self.coefs_))
        has_changed = {
            "hidden_layer_sizes": tuple(hidden) != made["hidden_layer_sizes"],
            "norm": bool(hidden) and self.norm != made["norm"],
            "dtype": self.dtype is not None and self.dtype != made["dtype"] and np.dtype(self.dtype) != dtype,
        }
        for name in (name for name, changed in has_changed.items() if changed):
            has = dtype.name if name == "dtype" else made[name]
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(self).__name__} is {getattr(self, name)!r}, and the network that this fit"
                f" goes on with was made with {has!r}, which cannot change: put it back, or make a network anew by fit"
                " with warm_start=False."
            )

    def _network(self) -> Network:
        dtype = network_dtype(self.coefs_)
        coefs, intercepts = network_parameters(self, dtype)
        # Each call of partial_fit begins at another minibatch, with other masks. Without dropout nothing is drawn.
        seed = int(self._random_state.randint(2**31 - 1)) + self.t_ if self.dropout else 0
        between = (network_norms(self, dtype), float(self.dropout), seed)
        return Network(coefs, intercepts, self.activation, self.out_activation_, self.n_threads, between)

    def _take(self, parameters: tuple[list[Any], list[Any], list[Any]]) -> None:
        self.coefs_, self.intercepts_, self.norms_ = parameters

    def _initialize(self, widths: list[int], dtype: Any) -> None:
        """Draw the first weights and reset what training records."""
        self.n_iter_ = 0
        self.t_ = 0
        self.n_layers_ = len(widths)
        self.out_activation_ = self._out_activation()
        self.coefs_ = []
        self.intercepts_ = []
        # Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
        factor = 2.0 if self.activation in ("logistic", "sigmoid") else 6.0
        for fan_in, fan_out in pairwise(widths):
            bound = np.sqrt(factor / (fan_in + fan_out))
            coefs = self._random_state.uniform(-bound, bound, (fan_in, fan_out))
            intercepts = self._random_state.uniform(-bound, bound, fan_out)
            self.coefs_.append(coefs.astype(dtype, copy=False))
            self.intercepts_.append(intercepts.astype(dtype, copy=False))
        # Gamma 1 and beta 0; mean 0 and variance 1.
        rows = [] if self.norm is None else [1, 0, 0, 1][: NORMS[self.norm]]
        self.norms_ = [np.repeat(np.array([rows], dtype).T, n, axis=1) for n in widths[1:-1] if rows]
        if self.solver == "lbfgs":
            return
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        early = self.early_stopping
        self.best_loss_: Any = None if early else np.inf
        self.validation_scores_: Any = [] if early else None
        self.best_validation_score_: Any = -np.inf if early else None
        if early:
            arrays = (self.coefs_, self.intercepts_, self.norms_)
            self._best_parameters = tuple([array.copy() for array in kind] for kind in arrays)

    def _fit_lbfgs(self, network: Network, examples: Examples, first: bool) -> None:
        names = ("alpha", "tol", "max_iter", "max_fun")
        settings = {name: getattr(self, name) for name in names} | {"loss": self._network_loss()}
        settings |= {name: min(int(settings[name]), MOST_STEPS) for name in ("max_iter", "max_fun")}
        self.loss_, iterations, evaluations, reason = network.minimize(examples.data(), settings)
        self.n_iter_ = iterations
        self._take(network.parameters())
        if self.verbose:
            print(f"L-BFGS: {iterations} iterations, {evaluations} evaluations, loss = {self.loss_:.8f}")
        is_double = examples.X.dtype == np.float64
        scale = "scale the data" + ("" if is_double else ", or try dtype='float64'")
        if not np.isfinite(self.loss_):
            why = f"the loss is {self.loss_}. To mend it, {scale}."
        elif reason in ("iterations", "evaluations"):
            limit = {"iterations": "max_iter", "evaluations": "max_fun"}[reason]
            why = f"the limit of {reason} was reached. Increase {limit} ({getattr(self, limit)}) or scale the data."
        # In float32 rounding hides the last decreases of a loss: one fit in four or so ends there, as good as converged.
        elif reason == "stuck" and (is_double or (first and iterations == 0)):
            why = f"no step along the search direction lowered the loss of {self.loss_:g}. To mend it, {scale}."
        else:
            return
        warnings.warn(
            f"lbfgs failed to converge after {iterations} iteration(s): {why}",
            ConvergenceWarning,
            stacklevel=4,
        )

    def _split(self, examples: Examples) -> tuple[Any, Any]:
        """The rows to train with, `None` for all of them, and those to validate with."""
        if not self.early_stopping:
            return None, None
        train, validation = train_test_split(
            np.arange(examples.n_samples),
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=examples.stratify,
        )
        if len(validation) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return train, validation

    def _minibatch(self, n_samples: int) -> int:
        if self.batch_size == "auto":
            return min(200, n_samples)
        if self.batch_size > n_samples:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=5
            )
        return int(min(self.batch_size, n_samples))

    def _fit_stochastic(self, network: Network, examples: Examples, incremental: bool) -> None:
        if not incremental or not hasattr(self, "_optimizer") or not self._optimizer.is_of(self):
            self._optimizer = SolverState(self)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        train, validation = self._split(examples)
        n_samples = examples.n_samples if train is None else len(train)
        names = ("solver", "alpha", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")
        settings = {name: getattr(self, name) for name in names}
        batch = self._minibatch(n_samples)
        if self.norm == "batch_norm" and leaves_one(n_samples, batch):
            raise InvalidInputError(
                f"the last minibatch of {n_samples} rows has 1 of them with a batch_size of {batch}; batch_norm needs 2"
                " for a variance: expected another batch_size"
            )
        schedule = self._schedule()
        settings |= {"loss": self._network_loss(), "batch_size": batch, "schedule": schedule}
        network.start(settings)
        if incremental and schedule is not None:
            self._optimizer.warn_at_end(self, -(-n_samples // batch), schedule[1])
        self._optimizer.restore(network, network_dtype(self.coefs_))
        try:
            self._epochs(network, examples, (train, validation), incremental)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        finally:
            self._optimizer.save(network)
            self._take(network.parameters())
        if self.early_stopping:
            coefs, intercepts, norms = ([a.copy() for a in arrays] for arrays in self._best_parameters)
            self._take((coefs, intercepts, norms))

    def _schedule(self) -> tuple[str, int] | None:
        """The schedule of chainrule's and the epochs of its run; None of scikit-learn's own."""
        return None if self.learning_rate in _LEARNING_RATES else (self.learning_rate, min(int(self.max_iter), MOST_STEPS))

    def _epochs(self, network: Network, examples: Examples, parts: tuple[Any, Any], incremental: bool) -> None:
        train, validation = parts
        n_samples = examples.n_samples if train is None else len(train)
        order = np.arange(n_samples)
        self.n_iter_ = 0
        for _ in range(self.max_iter):
            if self.shuffle:
                # As sklearn.utils.shuffle draws: the same rows in the same order for the same random state.
                permutation = np.arange(n_samples)
                self._random_state.shuffle(permutation)
                order = order[permutation]
            rows = order if train is None else train[order]
            whole = train is None and not self.shuffle
            self.loss_ = network.epoch(
                examples.data(), None if whole else rows.astype(np.int64, copy=False), self._optimizer.learning_rate
            )
            self.n_iter_ += 1
            self.t_ += n_samples
            self.loss_curve_.append(self.loss_)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            self._count_improvement(network, examples, validation)
            self._optimizer.iteration_ends(self)
            if self._no_improvement_count > self.n_iter_no_change:
                if self._optimizer.stops(self, self._stop_message()):
                    break
                self._no_improvement_count = 0
            if incremental:
                break
            if self.n_iter_ == self.max_iter:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't"
                    " converged yet.",
                    ConvergenceWarning,
                    stacklevel=5,
                )

    def _stop_message(self) -> str:
        what = "Validation score" if self.early_stopping else "Training loss"
        return f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} consecutive epochs."

    def _count_improvement(self, network: Network, examples: Examples, validation: Any) -> None:
        """Compare the epoch with the best so far: by its validation score, or by its loss."""
        if self.early_stopping:
            output = network.predict(examples.rows, validation.astype(np.int64, copy=False))
            score = self._validation_score(output, examples, validation)
            self.validation_scores_.append(score)
            if self.verbose:
                print(f"Validation score: {score:f}")
            is_better = not score < self.best_validation_score_ + self.tol
            if score > self.best_validation_score_:
                self.best_validation_score_ = score
                self._best_parameters = network.parameters()
        else:
            is_better = not self.loss_ > self.best_loss_ - self.tol
            if self.loss_ < self.best_loss_:
                self.best_loss_ = self.loss_
        self._no_improvement_count = 0 if is_better else self._no_improvement_count + 1

    @abstractmethod
    def _model_outputs(self, coefs: Any, intercepts: Any) -> tuple[Any, Any, str, list[str] | None]:
        """The parameters, loss and class names of a model file."""

    def to_model(self) -> Model:
        """The fitted network as a model, which can be saved as a model file.

        The command ``chainrule`` explains, exports and asks such files; PyTorch reads them.

        Returns
        -------
        model : chainrule.Model
            Of two classes it has an output each, with 0 for the first: a softmax of those is the same probability. Its
            ``predict`` says the names of the classes as texts, or their numbers where the classes are 0, 1, 2, ... It finds
            the columns of frames by ``feature_names_in_``.
        """
        check_is_fitted(self)
        dtype = network_dtype(self.coefs_)
        coefs, intercepts, loss, names = self._model_outputs(*network_parameters(self, dtype))
        between = (network_norms(self, dtype), float(self.dropout), 0)
        model = _chainrule.Model.from_parameters(coefs, intercepts, self.activation, loss, names, between)
        columns = [str(name) for name in getattr(self, "feature_names_in_", ())]
        # A model finds columns by their names: where two are alike, by their order.
        return Model(model.with_feature_names(columns) if columns and len(set(columns)) == len(columns) else model)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
