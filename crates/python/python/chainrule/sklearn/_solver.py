"""What a stochastic solver remembers between calls of ``partial_fit``."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from .._chainrule import Network, schedule_rate


def _kind(estimator: Any) -> tuple[str, bool]:
    """What moments are of: the solver's name without its settings, and whether there are some."""
    name, *settings = str(estimator.solver).replace(" ", "").split(":")
    if name != "sgd":
        return name, True
    momentum = [float(setting[len("momentum=") :]) for setting in settings if setting.startswith("momentum=")]
    return name, (sum(momentum) if settings else estimator.momentum) > 0


class SolverState:
    """The learning rate of the next step, and the moments of the last one.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Its solver is the one that the moments are of, its ``learning_rate_init`` the learning rate of the first step.
    """

    def __init__(self, estimator: Any) -> None:
        self.learning_rate = float(estimator.learning_rate_init)
        self._of = _kind(estimator)
        self._saved: tuple[int, float, Any] | None = None
        self._has_warned = False

    def is_of(self, estimator: Any) -> bool:
        """Whether the moments are of this estimator's solver."""
        return self._of == _kind(estimator)

    def restore(self, network: Network, dtype: Any) -> None:
        """Put the moments into a network of this type whose training was started."""
        if self._saved is not None:
            steps, rate, moments = self._saved
            # Weights may have been replaced by those of another type.
            network.restore(steps, rate, moments.astype(dtype, copy=False))

    def save(self, network: Network) -> None:
        """Keep the moments of a network."""
        self._saved = network.state()

    def warn_at_end(self, estimator: Any, steps: int, epochs: int) -> None:
        """Warn once that the schedule has ended, where an epoch of so many steps would change nothing from now on."""
        done = 0 if self._saved is None else self._saved[0]
        rate = schedule_rate(estimator.learning_rate, done, steps, epochs)
        if rate > 1e-5 or done < steps * epochs or self._has_warned:
            return
        self._has_warned = True
        warnings.warn(
            f"The learning rate is {self.learning_rate * rate:.1g}: the schedule {estimator.learning_rate!r} has ended after"
            f" max_iter={epochs} epochs, and partial_fit changes nothing. Increase max_iter, or set learning_rate='constant'.",
            ConvergenceWarning,
            stacklevel=5,
        )

    def iteration_ends(self, estimator: Any) -> None:
        """Set the learning rate of the next epoch by the schedule."""
        if estimator.solver == "sgd" and estimator.learning_rate == "invscaling":
            self.learning_rate = float(estimator.learning_rate_init) / (estimator.t_ + 1) ** estimator.power_t

    def stops(self, estimator: Any, message: str) -> bool:
        """Whether training ends because it no longer improves; an adaptive learning rate becomes a fifth first."""
        if estimator.solver != "sgd" or estimator.learning_rate != "adaptive":
            word = "Stopping."
        elif self.learning_rate <= 1e-6:
            word = "Learning rate too small. Stopping."
        else:
            self.learning_rate /= 5.0
            if estimator.verbose:
                print(f"{message} Setting learning rate to {self.learning_rate:f}")
            return False
        if estimator.verbose:
            print(f"{message} {word}")
        return True
