"""chainrule: dense neural networks on CPUs.

``chainrule.sklearn`` has scikit-learn's perceptrons; it needs scikit-learn, which importing ``chainrule`` does not.
"""

from ._chainrule import __version__
from .errors import ChainruleError, InternalError, InvalidInputError

__all__ = ["ChainruleError", "InternalError", "InvalidInputError", "__version__"]
