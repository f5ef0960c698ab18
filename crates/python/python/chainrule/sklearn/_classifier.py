"""The classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d, validate_data

from ..errors import InvalidInputError
from ._base import BaseMLP, Examples
from ._parameters import check_parameters
from ._predict import network_output


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A multilayer perceptron that classifies: scikit-learn's `MLPClassifier`, computed by chainrule.

    It minimises the cross-entropy of a softmax over the classes, of a sigmoid for two classes, or of a sigmoid for each of
    several labels.

    Parameters
    ----------
    hidden_layer_sizes : array-like of shape (n_layers - 2,) or int, default=(100,)
        The widths of the hidden layers.
    activation : str, default='relu'
        The activation of the hidden layers: 'identity', 'logistic', 'tanh', 'relu', or another of chainrule's, such as
        'gelu', 'silu', 'elu(0.5)' or 'leaky_relu'.
    solver : str, default='adam'
        The optimiser: 'lbfgs', 'sgd', 'adam', or another of chainrule's with its settings, such as 'adamw:weight-decay=0.05',
        'rmsprop' or 'adagrad'. ``momentum``, ``beta_1`` and the like are of 'sgd' and 'adam' alone; ``alpha`` is of all.
    alpha : float, default=0.0001
        The L2 penalty: ``alpha / (2 n) * sum(W ** 2)`` is added to the loss of n rows. Intercepts have none.
    batch_size : int or 'auto', default='auto'
        Rows of a minibatch; 'auto' is ``min(200, n_samples)``. L-BFGS uses all rows.
    learning_rate : str, default='constant'
        A schedule of chainrule's for any solver but 'lbfgs', step by step over ``max_iter`` epochs: 'cosine', 'one-cycle',
        'step:10:0.5', 'exponential:0.95', 'restarts:10'. Or scikit-learn's of 'sgd': 'constant'; 'invscaling',
        ``learning_rate_init / (t + 1) ** power_t`` after t rows; 'adaptive', a fifth whenever the loss (or the validation
        score) has not improved by ``tol`` for ``n_iter_no_change`` epochs.
    learning_rate_init : float, default=0.001
        The first learning rate of the stochastic solvers; with 'one-cycle' the largest.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=200
        The most epochs, or iterations of L-BFGS.
    shuffle : bool, default=True
        Whether each epoch of 'sgd' and 'adam' draws another order of the rows.
    random_state : int, RandomState instance or None, default=None
        Draws the first weights, the order of the rows and the validation part.
    tol : float, default=1e-4
        The least improvement; for L-BFGS the largest element of the gradient at the end.
    verbose : bool, default=False
        Whether to print the loss of each epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last one.
    momentum : float, default=0.9
        The momentum of 'sgd', from 0 to below 1.
    nesterovs_momentum : bool, default=True
        Whether it is Nesterov's.
    early_stopping : bool, default=False
        Whether to end when the score of a validation part no longer improves, and to keep the best weights.
    validation_fraction : float, default=0.1
        The share of the rows in the validation part.
    beta_1, beta_2 : float, default=0.9 and 0.999
        The decay rates of the moments of 'adam'.
    epsilon : float, default=1e-8
        Added to the root in the denominator of 'adam'.
    n_iter_no_change : int or inf, default=10
        The most epochs without an improvement by ``tol``.
    max_fun : int, default=15000
        The most evaluations of the loss by L-BFGS.
    norm : {'batch_norm', 'layer_norm'} or None, default=None
        The normalisation between each hidden layer's product and its activation. L-BFGS takes no 'batch_norm'.
    dropout : float, default=0.0
        The probability, below 1, that a hidden unit's activation is dropped in a step. L-BFGS takes none.
    n_threads : int or None, default=None
        The number of threads. None is ``OMP_NUM_THREADS``, or all cores. The result does not depend on it.
    dtype : {'float32', 'float64'} or None, default=None
        What to compute in; another X is converted, once. None is the element type of X. float32 takes about half the time.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had names that are strings.
    coefs_ : list of ndarray of shape (inputs, outputs)
        The weights of each layer.
    intercepts_ : list of ndarray of shape (outputs,)
        The intercepts of each layer.
    norms_ : list of ndarray of shape (2 or 4, units)
        Of the normalisation of each hidden layer the scales and the shifts, and of 'batch_norm' the running means and
        variances; empty without ``norm``.
    loss_ : float
        The loss of the last epoch.
    best_loss_ : float or None
        The lowest loss; None with ``early_stopping``.
    loss_curve_ : list of float
        The loss of each epoch, not with L-BFGS.
    validation_scores_ : list of float or None
        The validation score of each epoch, with ``early_stopping``.
    best_validation_score_ : float or None
        The best of them.
    n_iter_ : int
        The number of epochs, or iterations of L-BFGS.
    t_ : int
        The number of rows seen.
    n_layers_ : int
        The number of layers, the input included.
    n_outputs_ : int
        The number of outputs.
    out_activation_ : str
        The activation of the output.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from chainrule.sklearn import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), solver="lbfgs", random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        norm: str | None = None,
        dropout: float = 0.0,
        n_threads: int | None = None,
        dtype: str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.norm = norm
        self.dropout = dropout
        self.n_threads = n_threads
        self.dtype = dtype

    def _examples(self, X: Any, y: Any, incremental: bool, reset: bool) -> Examples:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=self._dtypes(reset),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self._learn_classes(y, incremental)
        binarizer = self._label_binarizer
        if binarizer.y_type_.startswith("multilabel"):
            labels = np.asarray(binarizer.transform(y), dtype=bool)
            return Examples(X, labels.astype(X.dtype), labels, None, labels.shape[1])
        if len(self.classes_) > 2:
            # As LabelBinarizer does, which knows no rows of other classes here: the check above refused them.
            labels = np.searchsorted(self.classes_, y).astype(np.uint32)
            return Examples(X, labels, labels, None, len(self.classes_))
        labels = binarizer.transform(y).astype(bool)
        return Examples(X, labels.astype(X.dtype), labels, labels, 1)

    def _learn_classes(self, y: Any, incremental: bool) -> None:
        """Learn the classes of y, or check that they are those of before."""
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
            return
        if (issparse(y) or y.ndim != 1) and not self._label_binarizer.y_type_.startswith("multilabel"):
            raise ValueError("The object was not fitted with multilabel input.")
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit."
                    f" Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _out_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _network_loss(self) -> str:
        return "cross_entropy" if self.out_activation_ == "softmax" else "binary_cross_entropy"

    def _validation_score(self, output: Any, examples: Examples, rows: Any) -> float:
        labels = examples.labels[rows]
        if self.out_activation_ == "softmax":
            right = output.argmax(axis=1) == labels
        elif self.n_outputs_ == 1 and len(self.classes_) == 1:
            right = np.ones(len(labels), dtype=bool)  # as `predict`, whatever the output
        else:
            right = ((output > 0.5) == labels).all(axis=1)
        weight = None if examples.weight is None else examples.weight[rows]
        return float(np.average(right, weights=weight))

    @available_if(lambda estimator: estimator._check_solver())
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """Go on for one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            The class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            The weights of the rows, 0 or more.
        classes : array-like of shape (n_classes,), default=None
            All classes that calls will bring; needed in the first call.

        Returns
        -------
        self : object
            The estimator.
        """
        check_parameters(self)
        known = getattr(self, "classes_", None)
        if known is None:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self.classes_ = unique_labels(classes)
            self._label_binarizer = LabelBinarizer().fit(y if type_of_target(y).startswith("multilabel") else classes)
        elif classes is not None and not np.array_equal(known, unique_labels(classes)):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {known!r}")
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Any:
        """The class of each row: the one of the largest probability.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_classes)
            The class labels.
        """
        output = network_output(self, X)
        if self.out_activation_ == "softmax":
            return self.classes_[output.argmax(axis=1)]
        if self.n_outputs_ == 1:
            output = output.ravel()
            if len(self.classes_) == 2:
                return self.classes_[(output > 0.5).astype(int)]
        return self._label_binarizer.inverse_transform(output)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        output = network_output(self, X)
        return np.hstack([1 - output, output]) if self.n_outputs_ == 1 else output

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        p = self.predict_proba(X)
        return np.log(p, out=p)

    def _model_outputs(self, coefs: Any, intercepts: Any) -> tuple[Any, Any, str, list[str] | None]:
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return coefs, intercepts, "binary_cross_entropy", None
        if self.n_outputs_ == 1:
            # Logits 0 and z: softmax gives 1 - p and p of the sigmoid's p.
            coefs[-1] = np.ascontiguousarray(np.hstack([np.zeros_like(coefs[-1]), coefs[-1]]))
            intercepts[-1] = np.hstack([np.zeros_like(intercepts[-1]), intercepts[-1]])
        classes = self.classes_
        if len(classes) == 1:
            raise InvalidInputError(f"the estimator knows one class, {classes[0]!r}; expected at least two")
        is_count = classes.dtype.kind in "iu" and np.array_equal(classes, np.arange(len(classes)))
        return coefs, intercepts, "cross_entropy", None if is_count else [str(name) for name in classes]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
