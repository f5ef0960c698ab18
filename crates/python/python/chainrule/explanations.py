"""What a model gives to be looked at: traces, graphs and the doctor's findings."""

from __future__ import annotations

import html
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import _chainrule
from .errors import InvalidInputError

__all__ = ["Examination", "Finding", "Graph", "Trace"]


class Trace:
    """Every number of a training step.

    Attributes
    ----------
    text : str
        For a terminal; ``print(trace)`` writes it. Large matrices are cut.
    markdown : str
        For notebooks and documents.
    """

    def __init__(self, text: str, markdown: str, as_json: str) -> None:
        self.text = text
        self.markdown = markdown
        self._json = as_json

    def to_dict(self) -> dict[str, Any]:
        """All numbers, whole and exact, as ``chainrule trace --json`` names them."""
        return dict(json.loads(self._json))

    def __str__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


class Graph:
    """A network as a picture. A notebook shows it."""

    def __init__(self, compiled: _chainrule.Graph) -> None:
        self._compiled = compiled

    def svg(self, dark: bool = False) -> str:
        """As SVG, on white or on near-black."""
        return self._compiled.svg(dark)

    def dot(self) -> str:
        """For Graphviz."""
        return self._compiled.dot()

    def mermaid(self) -> str:
        """For Mermaid."""
        return self._compiled.mermaid()

    def save(self, path: str | os.PathLike[str], dark: bool = False) -> None:
        """Write a file: .svg, .dot or .mmd."""
        path = pathlib.Path(path)
        ways = {".svg": lambda: self.svg(dark), ".dot": self.dot, ".mmd": self.mermaid}
        if path.suffix not in ways:
            raise InvalidInputError(f"{path} ends in none of {', '.join(ways)}")
        path.write_text(ways[path.suffix](), encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a network."""

    #: Its name, such as 'dead units'.
    kind: str
    #: The layer, with its number in front, or None.
    layer: str | None
    #: The column of X or y, or None.
    column: str | None
    #: What was measured.
    seen: str
    #: What that means.
    means: str
    #: What to do.
    advice: str
    #: The numbers of the measurement by name.
    numbers: Mapping[str, float]

    def __str__(self) -> str:
        where = ", ".join(place for place in (self.layer, self.column) if place is not None)
        return f"{self.kind}{f' ({where})' if where else ''}: {self.seen}\n  {self.means}\n  {self.advice}"


@dataclass(frozen=True)
class Examination:
    """What the doctor found. True in a condition if that is nothing."""

    #: The number of rows that were looked at.
    rows: int
    #: The loss on them.
    loss: float
    #: The loss of the best constant prediction.
    baseline_loss: float
    findings: Sequence[Finding]
    #: Which loss that is, such as 'mse'.
    loss_name: str
    #: Whether the model was trained by a function of Python instead: that it is at chance by this one is no finding then.
    has_own_loss: bool

    def __bool__(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        name = f" ({self.loss_name}; the model was trained by a loss of its own)" if self.has_own_loss else ""
        head = f"loss {self.loss:.4g}{name}; the best constant prediction has {self.baseline_loss:.4g}"
        return "\n".join([head, *(str(finding) for finding in self.findings)] if self.findings else [head, "healthy"])
