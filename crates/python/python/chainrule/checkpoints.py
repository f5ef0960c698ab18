"""Checkpoints: files from which a run goes on as if it had not been interrupted."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any

from . import _chainrule
from ._arrays import count
from .errors import InvalidInputError

__all__ = ["Checkpoints"]


@dataclass(frozen=True)
class Checkpoints:
    """Where and how often a run writes checkpoints, for `Trainer.fit`.

    Each is a file of the folder, written whole or not at all; ``chainrule train --checkpoint`` writes the same. One more is written
    where a run ends, also by Ctrl-C, a callback or an exception. The folder is that of one run.

    Parameters
    ----------
    folder : str or PathLike
        It is made where it does not exist.
    every : str
        '1 epoch', '5 epochs', '500' steps, or a time: '30s', '5m', '1h'.
    keep : int
        How many of the last ones stay.
    best : bool
        Whether ``best.safetensors`` in the folder is the model of the epoch with the smallest loss on the validation rows so
        far, at any time. `Model.load` reads it.

    Raises
    ------
    InvalidInputError
        When one of them is out of range.

    Examples
    --------
    >>> import chainrule, tempfile
    >>> train, test = chainrule.Dataset.read("iris").split(seed=1)
    >>> def mlp():
    ...     return chainrule.Mlp("4-8-3 relu", seed=1)
    >>> trainer, folder = chainrule.Trainer(epochs=6), tempfile.TemporaryDirectory()
    >>> checkpoints = chainrule.Checkpoints(folder.name, every="1 epoch")
    >>> first = trainer.fit(mlp(), train, callbacks=lambda epoch: epoch.epoch < 3, checkpoints=checkpoints)
    >>> again = trainer.fit(mlp(), train, checkpoints=checkpoints, resume=True)
    >>> len(first.history), len(again.history)
    (3, 6)
    >>> again.weights_sha256() == trainer.fit(mlp(), train).weights_sha256()
    True
    """

    folder: str | os.PathLike[str]
    every: str = "1 epoch"
    keep: int = 2
    best: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.folder, (str, os.PathLike)):
            raise InvalidInputError(f"folder is {type(self.folder).__name__}; expected a path")
        if not isinstance(self.every, str):
            raise InvalidInputError(f"every is {self.every!r}; expected a text such as '1 epoch', '500' or '30s'")
        _chainrule.check_checkpoints(self._settings(None))

    def _settings(self, start: str | os.PathLike[str] | None) -> dict[str, Any]:
        """As the compiled module takes them, for a run that goes on from this file."""
        return {
            "folder": os.fspath(self.folder),
            "every": self.every,
            "keep": count(self.keep, "keep"),
            "best": bool(self.best),
            "from": None if start is None else os.fspath(start),
        }

    def _start(self, resume: bool | str, kernel: str) -> dict[str, Any]:
        """The same, for a run that begins or goes on as `resume` says."""
        if not resume:
            return self._settings(None)
        newest = _chainrule.newest_checkpoint(os.fspath(self.folder))
        if newest is None:
            if resume == "auto":
                return self._settings(None)
            raise InvalidInputError(f"there is no checkpoint in {os.fspath(self.folder)}; expected one, or resume='auto'")
        path, computed, unreadable = newest
        for why in unreadable:
            warnings.warn(f"{why}; the next older checkpoint is taken", RuntimeWarning, stacklevel=3)
        if computed != kernel:
            text = f"kernel {computed} computed until the checkpoint and {kernel} does from here on: the bits may differ"
            warnings.warn(text, RuntimeWarning, stacklevel=3)
        return self._settings(path)
