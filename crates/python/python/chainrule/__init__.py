"""chainrule: dense neural networks on CPUs.

`Model` reads and asks model files. ``chainrule.sklearn`` has scikit-learn's perceptrons; it needs scikit-learn, which
importing ``chainrule`` does not.
"""

from ._chainrule import __version__
from .errors import ChainruleError, InternalError, InvalidInputError
from .model import Model

__all__ = ["ChainruleError", "InternalError", "InvalidInputError", "Model", "__version__"]
