"""What a stochastic solver remembers between calls of ``partial_fit``."""

from __future__ import annotations

from typing import Any

from .._chainrule import Network


class SolverState:
    """The learning rate of the next step, and the moments of the last one.

    Parameters
    ----------
    learning_rate_init : float
        The learning rate of the first step.
    """

    def __init__(self, learning_rate_init: float) -> None:
        self.learning_rate = float(learning_rate_init)
        self._saved: tuple[int, float, Any] | None = None

    def restore(self, network: Network) -> None:
        """Put the moments into a network whose training was started."""
        if self._saved is not None:
            network.restore(*self._saved)

    def save(self, network: Network) -> None:
        """Keep the moments of a network."""
        self._saved = network.state()

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
