"""What pickles hold. `pickle`, `copy.deepcopy`, joblib and multiprocessing ask for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from . import _chainrule
from .errors import InvalidInputError

__all__ = ["Origin", "part_of"]


def part_of(state: Any, name: str, kind: type[Any]) -> Any:
    """A part of what a pickle holds, which is checked: its bytes may have been changed."""
    found = state.get(name) if isinstance(state, dict) else None
    if not isinstance(found, kind):
        raise InvalidInputError(f"the pickle has {type(found).__name__} as {name}; expected {kind.__name__}: it was damaged")
    return found


@dataclass(frozen=True)
class Origin:
    """Where a table was read. Its rows are no part of a pickle; they are read again, and must be the same."""

    source: str
    settings: dict[str, Any]
    #: The hash of the rows.
    content: str
    #: The rows whose targets and classes these have.
    like: Origin | None = None
    #: Whether these are the rows that the source sets aside to test on.
    is_test: bool = False

    def __getstate__(self) -> dict[str, Any]:
        if self.source == "-":
            raise InvalidInputError("the rows came from standard input, which cannot be read again: a pickle would not find them")
        return self.__dict__ | {
            "source": _found_anywhere(self.source),
            "settings": self.settings | {"labels": _found_anywhere(self.settings["labels"])},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def read(self) -> _chainrule.Table:
        """Read the table again.

        Returns
        -------
        table : Table

        Raises
        ------
        OSError
            When a file cannot be read.
        InvalidInputError
            When the source holds other rows than before.
        """
        like = None if self.like is None else self.like.read()
        table: _chainrule.Table | None = _chainrule.Table.read(self.source, self.settings, like)
        if table is not None and self.is_test:
            table = table.own_test()
        if table is None or table.content != self.content:
            raise InvalidInputError(f"{self.source} holds other rows than those of the dataset that was pickled")
        return table


def _found_anywhere(path: str | None) -> str | None:
    """The path of a file from any folder; what is none stays, such as the name of a table in the package."""
    return os.path.abspath(path) if path is not None and os.path.exists(path) else path
