"""What chainrule raises. Every exception of its own is a `ChainruleError`."""

__all__ = ["ChainruleError", "InternalError", "InvalidInputError", "InvalidParameterError"]


class ChainruleError(Exception):
    """The parent of chainrule's exceptions."""


class InvalidInputError(ChainruleError, ValueError):
    """An argument that cannot be computed with; the message says what was found and what was expected."""


class InvalidParameterError(InvalidInputError, TypeError):
    """A parameter of an estimator that has a value out of its range, or of another type."""


class InternalError(ChainruleError, RuntimeError):
    """A mistake of chainrule itself. Please report it with its message."""
