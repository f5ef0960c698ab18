"""chainrule: dense neural networks on CPUs.

`Model` reads, asks, explains and exports model files; `from_torch` and `from_sklearn`
make one of other libraries' networks. ``chainrule.sklearn`` has scikit-learn's perceptrons; it needs scikit-learn, which
importing ``chainrule`` does not.
"""

from ._chainrule import __version__
from ._sklearn import from_sklearn
from ._torch import from_torch, to_torch
from .errors import ChainruleError, InternalError, InvalidInputError
from .explanations import Examination, Finding, Graph, Trace
from .model import Model

__all__ = [
    "ChainruleError",
    "Examination",
    "Finding",
    "Graph",
    "InternalError",
    "InvalidInputError",
    "Model",
    "Trace",
    "__version__",
    "from_sklearn",
    "from_torch",
    "to_torch",
]
