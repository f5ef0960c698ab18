"""A search for settings: random candidates, of which the better half goes on with twice as many epochs."""

from __future__ import annotations

import numbers
from math import ceil
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples

from ..errors import InvalidInputError
from ._base import BaseMLP, leaves_one

# As `chainrule tune` draws them, but for dropout.
_BATCHES = (16, 32, 64, 128)


def _prefix(estimator: Any) -> str:
    """What the names of the perceptron's parameters begin with: nothing, or its step's name within a pipeline."""
    if isinstance(estimator, BaseMLP):
        return ""
    parameters = estimator.get_params(deep=True)
    found = [name for name, value in parameters.items() if isinstance(value, BaseMLP)]
    if len(found) != 1:
        raise InvalidInputError(
            f"the {type(estimator).__name__} has {len(found)} perceptrons of chainrule.sklearn; expected one"
        )
    return f"{found[0]}__"


def _batches(rows: int, fits: set[int]) -> list[int]:
    """Sizes of minibatches, of at most half of the rows; none leaves one row of those that a fit trains on."""
    batches = [batch for batch in _BATCHES if 2 * batch <= rows] or [max(1, rows // 2)]
    kept = [batch for batch in batches if not any(leaves_one(fit, min(batch, fit)) for fit in fits)]
    others = (batch for batch in range(rows // 2, 1, -1) if not any(leaves_one(fit, min(batch, fit)) for fit in fits))
    return kept or [next(others, batches[-1])]


def _fits(network: dict[str, Any], rows: int, parts: Any) -> set[int]:
    """How many rows each fit of the search trains on, where the network has batch normalisations; otherwise none."""
    if network["norm"] != "batch_norm":
        return set()
    counts = {rows, *(len(train) for train, _ in parts())}
    if not network["early_stopping"]:
        return counts
    return {count - ceil(network["validation_fraction"] * count) for count in counts}


def _draw(random: Any, batches: list[int]) -> dict[str, Any]:
    """A candidate's settings."""
    layers = random.randint(1, 4)
    return {
        "learning_rate_init": float(10 ** random.uniform(-4, -2)),
        "hidden_layer_sizes": tuple(int(2 ** random.uniform(4, 8)) for _ in range(layers)),
        "batch_size": int(random.choice(batches)),
        "alpha": float(10 ** random.uniform(-6, -1)),
    }


def _check(solver: str, candidates: int, epochs: int) -> None:
    if solver == "lbfgs":
        raise InvalidInputError(f"the solver is {solver!r}, which has no epochs; expected another, such as 'adam'")
    for name, value, least in (("candidates", candidates, 2), ("epochs", epochs, 1)):
        if value < least:
            raise InvalidInputError(f"{name} is {value}; expected at least {least}")


def _check_batch(batch_size: Any, fits: set[int]) -> None:
    """Refuse the estimator's own minibatches where one of them has a single row: a candidate has them."""
    size = 200 if batch_size == "auto" else batch_size
    if not isinstance(size, numbers.Integral) or int(size) < 1:
        return  # each fit refuses it, by its name
    for fit in sorted(fits):
        batch = min(int(size), fit)
        if leaves_one(fit, batch):
            raise InvalidInputError(
                f"a fit of the search has {fit} rows, of which a batch_size of {batch} leaves 1 for the last minibatch;"
                " batch_norm needs 2 for a variance: expected another batch_size of the estimator"
            )


def tune(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    candidates: int = 32,
    epochs: int = 80,
    cv: Any = 5,
    scoring: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
) -> Any:
    """Search for settings of a perceptron, or of a pipeline that has one, and fit it with the best.

    Candidates are drawn at random: learning rate 1e-4 to 1e-2, one to three hidden layers of 16 to 256 units, minibatches of
    16 to 128 rows, L2 penalty 1e-6 to 0.1; the first one has the estimator's own settings. All are trained for a few epochs,
    the better half for twice as many, and so on. Where they are trained is joblib's: in processes of this machine, or,
    within ``joblib.parallel_config(backend="dask")`` or ``"ray"``, in those of a cluster, each with one thread. The result
    does not depend on it.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or Pipeline
        One of `chainrule.sklearn`, or a pipeline with one, of any solver but 'lbfgs'. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The rows to train and to compare on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets.
    candidates : int, default=32
        The number of candidates, at least 2.
    epochs : int, default=80
        The most epochs of a candidate, at least 1.
    cv : int, splitter or iterable, default=5
        How rows are split, as in scikit-learn's searches.
    scoring : str or callable, default=None
        What candidates are compared by; None is the estimator's ``score``.
    n_jobs : int, default=None
        The number of fits at once, -1 one for each core; None is 1, or what joblib's context says.
    random_state : int, RandomState instance or None, default=None
        Draws the candidates. For the same result each time the perceptron needs one of its own, too.

    Returns
    -------
    search : sklearn.model_selection.HalvingGridSearchCV
        Fitted: ``best_params_``, ``best_score_``, ``best_estimator_`` (with all rows), ``cv_results_``, ``predict``.

    Raises
    ------
    InvalidInputError
        When there is not one such perceptron, its solver has no epochs, or a number is too small.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from chainrule.sklearn import MLPClassifier, tune
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
    >>> search = tune(model, X, y, candidates=8, random_state=0)  # doctest: +SKIP
    """
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401, I001 (the next line needs it)
    from sklearn.model_selection import HalvingGridSearchCV

    prefix = _prefix(estimator)
    own = estimator.get_params(deep=True)
    _check(own[f"{prefix}solver"], candidates, epochs)
    random = check_random_state(random_state)
    names = ("norm", "early_stopping", "validation_fraction", "batch_size")
    network, rows = {name: own[prefix + name] for name in names}, _num_samples(X)
    splitter: Any = check_cv(cv, y, classifier=is_classifier(estimator))
    fits = _fits(network, rows, lambda: splitter.split(X, y))
    _check_batch(network["batch_size"], fits)
    batches = _batches(rows, fits)
    drawn = [_draw(random, batches) for _ in range(candidates - 1)]
    first = {name: own[prefix + name] for name in drawn[0]}
    # scikit-learn's search over a grid, of one point each: so the first one can be the estimator's own.
    grid = [{prefix + name: [value] for name, value in settings.items()} for settings in (first, *drawn)]
    resources: dict[str, Any] = {"resource": f"{prefix}max_iter", "max_resources": epochs}
    search = HalvingGridSearchCV(
        clone(estimator),
        grid,
        factor=2,
        **resources,
        cv=splitter,
        scoring=scoring,
        n_jobs=n_jobs,
    )
    return search.fit(X, y)
