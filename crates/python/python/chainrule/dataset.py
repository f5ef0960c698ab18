"""Rows with their targets, to learn from and to be measured on."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import _chainrule
from ._arrays import aligned, as_array, as_matrix, as_numbers, as_targets, count, real
from ._frames import named_columns, places_by_name
from ._learned import Learned
from ._pickles import Origin, part_of
from ._targets import LOSSES, class_numbers, labels_or_values
from .errors import InvalidInputError

__all__ = ["Dataset"]

class Dataset:
    """Rows with their targets, as they come: what is done to them first is a run's affair, and a model's.

    A pickle holds the arrays. Of rows that were read from a source it holds the name of the source and a hash of the rows:
    they are read again where it is loaded, and refused where they are other ones.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        Numbers: a NumPy array, anything with ``__dlpack__`` in the CPU's memory such as a tensor of PyTorch, a frame, or lists.
        It is copied when a run begins, into the network's element type; bytes (uint8) stay bytes. A model of a frame finds
        its columns by their names.
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Texts and whole numbers are classes, numbers with a point are values, unless `task` says otherwise. For a loss of values
        whole numbers are values, too.
    task : {'classification', 'binary', 'multi-label', 'regression'}, optional
        What is learned: 'binary' and 'multi-label' are answers of 0 and 1, with an output each.
    class_names : list of str, optional
        The names of the classes, in the order of their numbers; by default the texts of y in alphabetical order.
    weights : array-like of shape (n_rows,), optional
        How much each row counts while a network learns, 0 or more; a metric counts all alike.

    Attributes
    ----------
    n_rows, n_outputs : int
        The number of rows; of outputs that a network needs.
    task : str
        What is learned.
    class_names : list of str or None
        The names of the classes.
    target_names : list of str
        The names of what is learned, where they are known.
    notes : list of str
        What was taken for granted, in words.

    Raises
    ------
    InvalidInputError
        When X or y are no numbers, or differ in their rows. That a number is infinite or NaN is said when a run begins.

    Examples
    --------
    >>> import chainrule
    >>> train, test = chainrule.Dataset.read("iris").split(test=0.2, seed=42)
    >>> train
    Dataset(120 rows, 4 features, classification of setosa, versicolor, virginica)
    """

    _columns: tuple[int, list[str] | None] | None
    #: Where the rows come from, those of them that are meant, and whether that is all; None and unused of arrays.
    _table: _chainrule.Table | None
    _origin: Origin
    _rows: Any
    _is_whole: bool
    #: Whether the task was named, of arrays; it is not told by y then.
    _is_named: bool = False

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        task: str | None = None,
        class_names: Sequence[str] | None = None,
        weights: Any = None,
    ) -> None:
        columns = named_columns(X)
        if columns is not None and len(set(columns)) < len(columns):
            twice = next(name for name in columns if columns.count(name) > 1)
            raise InvalidInputError(f"X has the column {twice!r} twice; expected different names, or X.to_numpy()")
        X = as_numbers(X, "X", (2,))
        self._x = aligned(X, X.dtype if X.dtype in (np.float32, np.uint8) else np.float64)
        self.task, self.class_names, self._y, self.n_outputs = labels_or_values(y, task, class_names)
        self._is_named = task is not None
        self._weights = None if weights is None else _weights(weights)
        for name, array in (("y", self._y), ("weights", self._weights)):
            if array is not None and len(array) != len(self._x):
                raise InvalidInputError(f"X has {len(self._x)} rows, {name} {len(array)}; expected the same number")
        if not self._x.size:
            raise InvalidInputError(f"X is {self._x.shape}; expected a row and a column at least")
        self.n_rows = len(self._x)
        self._columns = (self._x.shape[1], columns)
        self.target_names: list[str] = []
        self.notes: list[str] = []
        self._table = None
        self._split: Any = None

    @classmethod
    def read(
        cls,
        source: str | os.PathLike[str],
        target: str | Sequence[str] = (),
        *,
        features: Sequence[str] | None = None,
        drop: Sequence[str] = (),
        labels: str | os.PathLike[str] | None = None,
        task: str | None = None,
        missing: str | None = None,
        log1p: Sequence[str] = (),
        group: str | None = None,
        weights: str | None = None,
        unknown: str = "error",
        categories: Sequence[str] = (),
        na_as_text: Sequence[str] = (),
        delimiter: str | None = None,
        decimal: str | None = None,
        header: bool | None = None,
        skip_lines: int = 0,
        like: Dataset | None = None,
    ) -> Dataset:
        """Read rows as the command ``chainrule train --data`` reads them.

        Parameters
        ----------
        source : str or PathLike
            A file (CSV and other text, NPY, NPZ, IDX, safetensors, also compressed by gzip), a pattern such as
            'part-*.csv', 'mnist:FOLDER', or the name of a table in the package: 'iris', 'wine', 'digits', 'moons', ...
        target : str or list of str
            The columns that are learned, by name or by number from 1. Sources of a known target need none.
        features, drop : list of str, optional
            The columns that are learned from, by default all others; those that are left out.
        labels : str or PathLike, optional
            A file with the targets, a row for each row of the source.
        task : str, optional
            What is learned, where the targets do not say.
        missing : {'mean', 'median', 'most-frequent', 'drop', 'indicator'}, optional
            What is done about missing values; by default they are refused.
        log1p : list of str
            Columns of numbers that are learned as ``ln(1 + x)``.
        group, weights : str, optional
            The column whose values keep rows together when they are split; the one that says how much a row counts.
        unknown : {'error', 'zeros'}
            What predictions do about a category that training did not see: refuse it, or take it as none of those that it did.
        categories, na_as_text : list of str
            Columns whose numbers are names of categories; those in which NA, NaN, null and ? are texts as any others, such as NA
            for Namibia, and only an empty cell is a missing value.
        delimiter : str, optional
            What separates the cells of text: 'comma', 'semicolon', 'tab', 'pipe', 'spaces', or a character; by default told by the
            first lines, as the next two.
        decimal : {'point', 'comma'}, optional
            How fractions are written in text.
        header : bool, optional
            Whether the first line of text names the columns.
        skip_lines : int
            Lines above the table that are passed over.
        like : Dataset, optional
            Rows that were read before: these have the same targets and classes.

        Returns
        -------
        data : Dataset

        Raises
        ------
        OSError
            When a file cannot be read.
        InvalidInputError
            When it is damaged, a column is not there, or a value is missing.
        """
        settings = {
            "target": _names(target),
            "features": None if features is None else _names(features),
            "drop": _names(drop),
            "labels": None if labels is None else os.fspath(labels),
            "task": task,
            "missing": missing,
            "log1p": _names(log1p),
            "group": group,
            "weights": weights,
            "unknown": unknown,
            "categories": _names(categories),
            "na_as_text": _names(na_as_text),
            "delimiter": delimiter,
            "decimal": decimal,
            "header": header,
            "skip_lines": skip_lines,
        }
        if like is not None and like._table is None:
            raise InvalidInputError("like is made of arrays; expected rows that were read from a source")
        known = None if like is None else like._table
        table = _chainrule.Table.read(os.fspath(source), settings, known)
        origin = Origin(os.fspath(source), settings, table.content, None if like is None else like._origin)
        return cls._of_table(table, origin)

    @classmethod
    def _of_table(cls, table: _chainrule.Table, origin: Origin, rows: Any = None, split: Any = None) -> Dataset:
        data = cls.__new__(cls)
        data._table = table
        data._origin = origin
        data._is_named = origin.settings["task"] is not None
        data._split = split
        data._rows = np.arange(table.n_rows) if rows is None else rows
        data._is_whole = rows is None
        data._columns = None
        data.n_rows = len(data._rows)
        data.n_outputs = table.n_outputs
        data.task = table.task
        data.class_names = table.class_names
        data.target_names = table.target_names
        data.notes = table.notes
        return data

    @property
    def n_features(self) -> int:
        """The number of features that a network gets: a category takes one for each of its values."""
        return self._described()[0]

    @property
    def feature_names(self) -> list[str] | None:
        """The names of the features, such as 'rooms' and 'town=Bonn'; None where they have none."""
        return self._described()[1]

    def _described(self) -> tuple[int, list[str] | None]:
        # What the columns of a table become is found out when it is first asked for.
        if self._columns is None:
            assert self._table is not None
            self._columns = self._table.features(self._rows)
        return self._columns

    @property
    def test_part(self) -> Dataset | None:
        """The rows that the source itself sets aside to test on, as MNIST does; None where it has none."""
        table = None if self._table is None else self._table.own_test()
        if table is None:
            return None
        return Dataset._of_table(table, replace(self._origin, is_test=True, content=table.content))

    def split(
        self, test: float = 0.2, validation: float = 0.0, *, seed: int = 0, by: str | None = None
    ) -> tuple[Dataset, ...]:
        """Split into parts: to train on, to validate on if asked for, and to test on.

        Parameters
        ----------
        test, validation : float
            The shares of the rows, from 0 to below 1. A part with a share of 0 is left out.
        seed : int
            The seed of the draw: ``chainrule train --seed`` draws the same rows of a table, and its default is 42.
        by : {'random', 'stratified', 'group', 'last'}, optional
            How rows are drawn. By default classes keep their shares, and rows of a group stay together; of arrays and images
            every row is drawn alike.

        Returns
        -------
        parts : tuple of Dataset
            ``train, test`` or ``train, validation, test``.

        Raises
        ------
        InvalidInputError
            When a part would be empty, or the rows are a part already.
        """
        seed = count(seed, "seed", 0)
        if self._table is not None:
            if not self._is_whole:
                raise InvalidInputError("the rows are a part already; split the whole dataset into three parts at once")
            split = (real(test, "test"), real(validation, "validation"), seed, by)
            parts = self._table.split(*split)
            return tuple(Dataset._of_table(self._table, self._origin, rows, split) for rows in parts if len(rows))
        if by not in (None, "random"):
            raise InvalidInputError(f"by is {by!r}; of arrays expected 'random': their rows are drawn alike")
        shares = [real(test, "test"), real(validation, "validation")]
        if not all(0.0 <= share < 1.0 for share in shares) or sum(shares) >= 1.0:
            raise InvalidInputError(f"test is {test} and validation {validation}; expected shares of less than 1 together")
        return self._cut(shares, seed)

    def _cut(self, shares: list[float], seed: int) -> tuple[Dataset, ...]:
        """The parts of arrays: the rows to test on are drawn first, so that they are the same with and without validation."""
        parts: list[Dataset] = []
        kept, left = np.arange(self.n_rows), 1.0
        for share in shares:
            if share > 0.0:
                rows, held_out = _chainrule.split_rows(len(kept), share / left, seed)
                parts.insert(0, self.select(kept[held_out]))
                kept, left = kept[rows], left - share
        return (self.select(kept), *parts)

    def select(self, rows: Any) -> Dataset:
        """The rows with these numbers, in their order.

        Parameters
        ----------
        rows : array-like of int
            Counted from 0.

        Returns
        -------
        part : Dataset
        """
        rows = as_array(rows, "rows")
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or not rows.size:
            raise InvalidInputError(f"rows is {rows.dtype} of shape {rows.shape}; expected numbers of rows, one at least")
        if rows.min() < 0 or rows.max() >= self.n_rows:
            raise InvalidInputError(f"rows are {rows.min()} to {rows.max()}; expected 0 to {self.n_rows - 1}")
        rows = aligned(rows, np.int64)
        if self._table is not None:
            return Dataset._of_table(self._table, self._origin, np.ascontiguousarray(self._rows[rows]), self._split)
        part = copy.copy(self)
        part._x, part._y, part.n_rows = self._x[rows], self._y[rows], len(rows)
        part._weights = None if self._weights is None else self._weights[rows]
        return part

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_table": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        part_of(state, "n_rows", int)
        origin = None if "_y" in state else part_of(state, "_origin", Origin)
        self.__dict__.update(state)
        if origin is not None:
            self._table = origin.read()

    def __copy__(self) -> Dataset:
        part = Dataset.__new__(type(self))
        part.__dict__.update(self.__dict__)
        return part

    def __deepcopy__(self, memo: dict[int, Any]) -> Dataset:
        # A table never changes: copies share it.
        part = copy.copy(self)
        part.__dict__.update({name: copy.deepcopy(value, memo) for name, value in self.__dict__.items() if name != "_table"})
        return part

    def _as_values(self) -> Dataset:
        """The same where values are learned: whole numbers without names are values then, unless they were named classes."""
        if self._table is not None or self._is_named or self.task != "classification" or self.class_names is not None:
            return self
        data = copy.copy(self)
        data.task, data.n_outputs, data._y = "regression", 1, self._y.astype(np.float64).reshape(-1, 1)
        return data

    @property
    def usual_loss(self) -> str:
        """The loss that is minimised where none is asked for."""
        return LOSSES[self.task] if self._table is None else self._table.loss

    def _part(self, dtype: str, like: Learned | None = None) -> tuple[Any, ...]:
        """As the compiled module takes it, for a network of this element type; `like` are the columns and classes that it
        has learned, or learns."""
        if self._table is not None:
            if like is not None:
                like.check_classes(self)
            return (self._table, self._rows, self._split)
        x, y, names, outputs = self._x, self._y, self.class_names, self.n_outputs
        if like is not None:
            found = self.feature_names
            if found is not None and like.feature_names is not None:
                places = places_by_name(found, like.feature_names, like.rows, like.columns)
                x = x if places is None else x[:, places]
            y, names, outputs = like.classes_of(self, y)
        x = x if x.dtype == np.uint8 else as_matrix(x, "X", dtype)
        y = y if y.dtype == np.uint32 else as_targets(y, "y", dtype)
        weights = None if self._weights is None else self._weights.astype(dtype)
        return (aligned(x, x.dtype), y, weights, names, outputs, self.feature_names if like is None else None)

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        names = self.class_names or self.target_names
        of = f" of {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" if names else ""
        return f"Dataset({self.n_rows} rows, {self.n_features} features, {self.task}{of})"

    def __str__(self) -> str:
        lines = [repr(self)]
        if self.feature_names:
            lines.append(f"  features: {', '.join(self.feature_names)}")
        return "\n".join(lines + [f"  {note}" for note in self.notes])


def _names(given: str | Sequence[str]) -> list[str]:
    return [given] if isinstance(given, str) else [str(name) for name in given]


def _weights(weights: Any) -> Any:
    values = as_targets(weights, "weights", np.float64)
    if values.shape[1] != 1:
        raise InvalidInputError(f"weights is {values.shape}; expected one number for each row")
    return values.ravel()
