"""The regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d, validate_data

from ._base import BaseMLP, Examples
from ._parameters import check_parameters
from ._predict import network_output
from ._rows import held, without_texts


class MLPRegressor(RegressorMixin, BaseMLP):
    """A multilayer perceptron that predicts numbers: scikit-learn's `MLPRegressor`, computed by chainrule.

    It minimises half the squared error, half the Poisson deviance, or another loss of chainrule's.

    Parameters
    ----------
    loss : str, default='squared_error'
        The loss: 'squared_error' (half of it), 'poisson', or another of chainrule's: 'mae', 'huber(0.5)', 'mse'. With 'poisson'
        the output is the exponential of the last layer, and y must be 0 or more. Its gradient is a mean over the rows and a sum
        over the outputs.
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
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from chainrule.sklearn import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> network = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", tol=1e-2, max_iter=500, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X, y / y.std())
    >>> bool(model.score(X, y / y.std()) > 0.5)
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
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
        self.loss = loss
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
            without_texts(y),
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=self._dtypes(reset),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"The smallest y is {y.min()}; loss='poisson' requires y >= 0.")
        targets = held(y.reshape(-1, 1) if y.ndim == 1 else y, X.dtype, "y")
        return Examples(X, targets, y, None, targets.shape[1])

    def _out_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _network_loss(self) -> str:
        return self.loss

    def _validation_score(self, output: Any, examples: Examples, rows: Any) -> float:
        if not np.isfinite(output).all():
            return float("nan")
        weight = None if examples.weight is None else examples.weight[rows]
        return float(r2_score(examples.labels[rows], output, sample_weight=weight))

    def _model_outputs(self, coefs: Any, intercepts: Any) -> tuple[Any, Any, str, list[str] | None]:
        return coefs, intercepts, self.loss, None

    @available_if(lambda estimator: estimator._check_solver())
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Go on for one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            The weights of the rows, 0 or more.

        Returns
        -------
        self : object
            The estimator.
        """
        check_parameters(self)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Any:
        """The predicted numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions.
        """
        output = network_output(self, X)
        return output.ravel() if output.shape[1] == 1 else output
