"""Rows that are to be measured by what was learned from others: their columns and classes are found by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._targets import class_numbers
from .errors import InvalidInputError

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["Learned"]


@dataclass(frozen=True)
class Learned:
    """The columns and classes that a model has learned, or that a run learns."""

    #: None where they have none: columns are taken in their order.
    feature_names: list[str] | None
    #: None where they are numbers.
    class_names: list[str] | None
    #: None of what is no classification.
    n_classes: int | None
    #: What messages call the rows at hand, and those that were learned from.
    rows: str
    source: str

    @property
    def columns(self) -> str:
        """What messages call the columns."""
        return f"the columns of {self.source}"

    def classes_of(self, data: Dataset, y: Any) -> tuple[Any, list[str] | None, int]:
        """The classes of a dataset of arrays by the numbers that were learned, their names, and how many there are."""
        if data.task != "classification" or self.n_classes is None:
            return y, data.class_names, data.n_outputs
        if data.class_names == self.class_names:
            return y, self.class_names, max(data.n_outputs, self.n_classes)
        names, known = self._names(data.class_names, data.n_outputs), self._names(self.class_names, self.n_classes)
        return class_numbers(y, names, known, self.rows, f"the classes of {self.source}"), self.class_names, self.n_classes

    def check_classes(self, data: Dataset) -> None:
        """Refuse rows of a file whose classes have other numbers."""
        if data.task != "classification" or self.n_classes is None or data.class_names == self.class_names:
            return
        names, known = self._names(data.class_names, data.n_outputs), self._names(self.class_names, self.n_classes)
        if names != known[: len(names)]:
            raise InvalidInputError(
                f"{self.rows} has the classes {names}, {self.source} {known}; expected the same in this order: of a dataset that was"
                " read, Dataset.read(..., like=) finds them"
            )

    @staticmethod
    def _names(names: list[str] | None, count: int) -> list[str]:
        return [str(number) for number in range(count)] if names is None else names
