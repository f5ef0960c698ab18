"""Whether the gradients of a network under a loss are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _chainrule
from ._arrays import as_matrix, count
from ._losses import Loss, checked
from .errors import InvalidInputError
from .mlp import Mlp

__all__ = ["GradientReport", "TensorReport", "gradcheck"]


@dataclass(frozen=True)
class TensorReport:
    """The comparisons of one tensor: 'input', '0.weight', '0.bias', ..., 'output', or 'all' together."""

    name: str
    shape: tuple[int, ...]
    #: Directions and elements whose slope was compared with the gradient.
    checked: int
    #: Those along which the network or the loss has a kink, such as ReLU's at 0: no slope can be compared there.
    kinks: int
    #: 'right', 'WRONG', 'discarded' (too many kinks for a conclusion), or 'lost' (not ten times as large as rounding, so that
    #: nothing can be concluded).
    verdict: str
    #: Where gradient and slope differ most by what rounding allows, '[1, 2]' or 'direction 3', and both of them; None
    #: without comparisons.
    place: str | None
    gradient: float | None
    slope: float | None
    #: The largest difference that rounding and the differences themselves explain.
    bound: float | None

    @property
    def relative_error(self) -> float:
        """The difference there, relative to the larger of both; 0 without comparisons."""
        if self.gradient is None or self.slope is None or self.gradient == self.slope:
            return 0.0
        return abs(self.gradient - self.slope) / max(abs(self.gradient), abs(self.slope))

    @property
    def ratio(self) -> float:
        """The difference there as a multiple of its bound: above 1 the gradient is wrong."""
        if self.gradient is None or self.slope is None or self.gradient == self.slope:
            return 0.0
        error = abs(self.gradient - self.slope)
        return error / self.bound if self.bound else float("inf")


@dataclass(frozen=True, repr=False)
class GradientReport:
    """What a check has found. True in a condition if the gradient of a tensor at least was confirmed and none is wrong, so
    ``assert gradcheck(...)`` shows what is."""

    passed: bool
    #: The loss of the rows.
    loss: float
    tensors: Sequence[TensorReport]
    table: str

    def __bool__(self) -> bool:
        return self.passed

    @property
    def wrong(self) -> list[str]:
        """The names of the tensors whose gradients are wrong."""
        return [tensor.name for tensor in self.tensors if tensor.verdict == "WRONG"]

    @property
    def worst(self) -> TensorReport:
        """The tensor whose gradient is farthest beyond its bound, or nearest to it."""
        return max(self.tensors, key=lambda tensor: tensor.ratio)

    def __str__(self) -> str:
        lines = [self.table.rstrip()]
        for tensor in self.tensors:
            if tensor.verdict == "WRONG":
                lines.append(
                    f"WRONG: {tensor.name} at {tensor.place}: the gradient is {tensor.gradient:.6g}, the slope "
                    f"{tensor.slope:.6g} (relative error {tensor.relative_error:.1e})"
                )
            elif tensor.kinks:
                lines.append(
                    f"{tensor.name}: {tensor.kinks} of {tensor.checked + tensor.kinks} comparisons left out, for kinks"
                )
        if self.wrong:
            where = "the loss's own gradient" if "output" in self.wrong else "a layer, not the loss's own gradient"
            lines.append(f"what is wrong is {where}")
        elif all(tensor.verdict == "lost" for tensor in self.tensors):
            lines.append(
                "nothing was checked: the differences of the loss are as small as its rounding; expected a loss that is computed "
                "in float64, gives the same value for the same outputs, and is not large beside its changes"
            )
        elif not self.passed:
            names = ", ".join(tensor.name for tensor in self.tensors if tensor.verdict == "discarded")
            lines.append(f"nothing was concluded about {names}, which is at kinks; expected other rows")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"GradientReport(passed={self.passed}, loss={self.loss:.6g})\n{self}"


def gradcheck(
    mlp: Mlp, X: Any, loss: Loss, y: Any = None, *, directions: int = 4, elements: int = 12, seed: int = 0
) -> GradientReport:
    """Compare the gradients of a network under a loss of your own with finite differences, in float64.

    Differences are taken along random directions and single elements of every tensor of parameters, of the input and of the
    output; the latter checks the loss alone. How much they may differ is computed from rounding, not chosen.

    Parameters
    ----------
    mlp : Mlp
        It stays as it is; a copy in float64 is checked, by training passes.
    X : array-like of shape (n_rows, n_features)
        A few rows.
    loss : callable
        ``loss(outputs)``, or ``loss(outputs, y)`` where `y` is given: returns its value and its gradient by the outputs, an
        array of their shape, both in float64. The same outputs must give the same value.
    y : optional
        Handed to `loss` as it is.
    directions, elements : int
        The random directions and elements of each tensor.
    seed : int
        Their seed.

    Returns
    -------
    report : GradientReport
        False in a condition if a gradient is wrong, or nothing could be concluded.

    Raises
    ------
    InvalidInputError
        When the loss is infinite or NaN, or returns something else than a value and a gradient.

    Examples
    --------
    >>> import chainrule, numpy as np
    >>> mlp, x, t = chainrule.Mlp("2-4-1 tanh", seed=1), np.array([[0.5, -1.0], [1.5, 0.3]]), np.array([[0.2], [-0.7]])
    >>> def log_cosh(y, t):
    ...     return np.log(np.cosh(y - t)).sum(), np.tanh(y - t)
    >>> bool(chainrule.gradcheck(mlp, x, log_cosh, t))
    True
    >>> chainrule.gradcheck(mlp, x, lambda y, t: (log_cosh(y, t)[0], np.tanh(y)), t).wrong[-2:]
    ['output', 'all']
    """
    if not isinstance(mlp, Mlp):
        raise InvalidInputError(f"mlp is {type(mlp).__name__}; expected a chainrule.Mlp")
    if not callable(loss):
        raise InvalidInputError(f"loss is {loss!r}; expected a function of the outputs")
    counts = (count(directions, "directions", 0), count(elements, "elements", 0))

    def asked(outputs: Any) -> tuple[float, Any]:
        found = loss(outputs) if y is None else loss(outputs, y)
        return checked(found, outputs.shape, np.float64)

    x = as_matrix(X, "X", mlp.dtype)
    passed, value, tensors, table = _chainrule.gradcheck(mlp._compiled, x, asked, counts, count(seed, "seed", 0))
    found = [
        TensorReport(name, tuple(shape), checked_, kinks, verdict, *(worst or (None, None, None, None)))
        for name, shape, checked_, kinks, verdict, worst in tensors
    ]
    return GradientReport(passed, value, found, table)
