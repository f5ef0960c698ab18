"""chainrule: dense neural networks on CPUs.

`Dataset` reads rows, `Mlp` is a network, `Trainer` trains it, with `Checkpoints` to go on from; `gradcheck` checks a loss of
your own. `Model` reads, asks, explains and exports model files; `Predictor` asks one from many threads; `from_torch` and
`from_sklearn` make one of other libraries' networks. ``chainrule.sklearn`` has scikit-learn's perceptrons; it needs
scikit-learn, which importing ``chainrule`` does not.
"""

from ._chainrule import __version__
from ._gradcheck import GradientReport, gradcheck
from ._sklearn import from_sklearn
from ._torch import from_torch, to_torch
from .checkpoints import Checkpoints
from .dataset import Dataset
from .errors import ChainruleError, InternalError, InvalidInputError
from .explanations import Examination, Finding, Graph, Trace
from .mlp import Mlp
from .model import Model
from .predictor import Predictor
from .trainer import Epoch, History, Trainer

__all__ = [
    "ChainruleError",
    "Checkpoints",
    "Dataset",
    "Epoch",
    "Examination",
    "Finding",
    "GradientReport",
    "Graph",
    "History",
    "InternalError",
    "InvalidInputError",
    "Mlp",
    "Model",
    "Predictor",
    "Trace",
    "Trainer",
    "__version__",
    "from_sklearn",
    "from_torch",
    "gradcheck",
    "to_torch",
]
