"""Pipelines with chainrule's estimators as ONNX, through skl2onnx. Only `register` imports it.

`Model.to_onnx` writes ONNX without skl2onnx: of an estimator alone, ``estimator.to_model().to_onnx(path)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import InvalidInputError

__all__ = ["register"]

# Added to variances by the library's normalisations.
_EPSILON = 1e-5


def register() -> None:
    """Tell skl2onnx how to convert `chainrule.sklearn`'s estimators, also within pipelines and searches.

    The graph computes in float64 if its input is float64, but for GELU's erf, otherwise in float32; of a classifier it gives
    labels and probabilities (skl2onnx's options ``zipmap`` and ``nocl``), of a regressor values of shape (n_samples, n_outputs).

    Raises
    ------
    ImportError
        When skl2onnx or scikit-learn is not installed.

    Examples
    --------
    >>> import chainrule.onnx
    >>> chainrule.onnx.register()  # doctest: +SKIP
    >>> onnx = skl2onnx.to_onnx(pipeline, X[:1].astype("float32"), options={"zipmap": False})  # doctest: +SKIP
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError("chainrule.onnx.register needs skl2onnx: pip install skl2onnx") from error
    from .sklearn import MLPClassifier, MLPRegressor

    options = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
    update_registered_converter(
        MLPClassifier, "ChainruleMLPClassifier", _classifier_shapes, _convert_classifier, options=options
    )
    update_registered_converter(MLPRegressor, "ChainruleMLPRegressor", _regressor_shapes, _convert_regressor)


class _Graph:
    """An ONNX graph while skl2onnx writes it: nodes and constants in the element type of the operator's input."""

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        from onnx import TensorProto
        from skl2onnx.common.data_types import DoubleTensorType

        self.scope, self.container = scope, container
        self.is_double = isinstance(operator.inputs[0].type, DoubleTensorType)
        self.float, self.int64, self.string = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
        self.element = TensorProto.DOUBLE if self.is_double else TensorProto.FLOAT

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        name = output or self.scope.get_unique_variable_name(op.lower())
        unique = self.scope.get_unique_operator_name(op)
        self.container.add_node(op, list(inputs), [name], name=unique, **attributes)
        return name

    def constant(self, values: Any, element: int | None = None) -> str:
        """Add an array, and return its name."""
        name = self.scope.get_unique_variable_name("constant")
        values = np.asarray(values)
        self.container.add_initializer(name, element or self.element, list(values.shape), values.ravel())
        return str(name)

    def with_number(self, op: str, x: str, number: float) -> str:
        """A node of x and a number."""
        return self.node(op, x, self.constant([number]))

    def output(self, estimator: Any, x: str) -> str:
        """The network's output for x."""
        x = self.node("Cast", x, to=self.element)
        last = len(estimator.coefs_) - 1
        norms = getattr(estimator, "norms_", ())
        for layer, (w, b) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
            x = self.node("Gemm", x, self.constant(w), self.constant(b))
            if layer < len(norms):
                x = self.normalised(x, norms[layer])
            x = self.activated(x, estimator.activation if layer < last else estimator.out_activation_)
        return x

    def activated(self, x: str, activation: str) -> str:
        """An activation of x, by its name, with a number in parentheses behind that of 'elu' and 'leaky_relu'."""
        name, _, number = activation.partition("(")
        if not number:
            return _ACTIVATIONS[name](self, x)
        alpha = float(number.rstrip(")"))
        return _elu(self, x, alpha) if name == "elu" else _leaky_relu(self, x, alpha)


    def normalised(self, x: str, norm: Any) -> str:
        """A layer or batch normalisation of x, by the array of ``norms_``."""
        scale, shift, *running = np.asarray(norm, np.float64)
        if running:
            scale = scale / np.sqrt(running[1] + _EPSILON)
            return self.node("Add", self.node("Mul", x, self.constant(scale)), self.constant(shift - running[0] * scale))
        # A mean by a product: its form is the same in every version of ONNX.
        mean = self.constant(np.full((len(scale), 1), 1.0 / len(scale)))
        x = self.node("Sub", x, self.node("MatMul", x, mean))
        variance = self.node("MatMul", self.node("Mul", x, x), mean)
        x = self.node("Div", x, self.node("Sqrt", self.with_number("Add", variance, _EPSILON)))
        return self.node("Add", self.node("Mul", x, self.constant(scale)), self.constant(shift))


def _node(op: str, **attributes: Any) -> Callable[[_Graph, str], str]:
    """An activation that is a node."""
    return lambda graph, x: graph.node(op, x, **attributes)


def _in_float(
    op: str, in_double: Callable[[_Graph, str], str], **attributes: Any
) -> Callable[[_Graph, str], str]:
    """An activation that is a node in float32; runtimes lack it in float64, where it is made of others."""
    return lambda graph, x: in_double(graph, x) if graph.is_double else graph.node(op, x, **attributes)


def _by_sides(graph: _Graph, x: str, above: float, below: Callable[[str], str]) -> str:
    """``above * max(x, 0)`` and what becomes of ``min(x, 0)``."""
    positive = graph.with_number("Mul", graph.with_number("Max", x, 0.0), above)
    return graph.node("Add", positive, below(graph.with_number("Min", x, 0.0)))


def _powers(graph: _Graph, x: str, alpha: float) -> str:
    """``alpha * (exp(x) - 1)``."""
    return graph.with_number("Mul", graph.with_number("Sub", graph.node("Exp", x), 1.0), alpha)


def _gelu(graph: _Graph, x: str) -> str:
    # onnxruntime has Erf in float32 alone.
    scaled = graph.node("Cast", graph.with_number("Div", x, math.sqrt(2.0)), to=graph.float)
    erf = graph.node("Cast", graph.node("Erf", scaled), to=graph.element)
    return graph.with_number("Mul", graph.node("Mul", x, graph.with_number("Add", erf, 1.0)), 0.5)


def _gelu_tanh(graph: _Graph, x: str) -> str:
    cube = graph.node("Mul", x, graph.node("Mul", x, x))
    inner = graph.node("Add", x, graph.with_number("Mul", cube, 0.044715))
    tanh = graph.node("Tanh", graph.with_number("Mul", inner, math.sqrt(2.0 / math.pi)))
    return graph.with_number("Mul", graph.node("Mul", x, graph.with_number("Add", tanh, 1.0)), 0.5)


def _leaky_relu(graph: _Graph, x: str, slope: float = 0.01) -> str:
    return _by_sides(graph, x, 1.0, lambda below: graph.with_number("Mul", below, slope))


def _elu(graph: _Graph, x: str, alpha: float = 1.0) -> str:
    if not graph.is_double:
        return graph.node("Elu", x, alpha=alpha)
    return _by_sides(graph, x, 1.0, lambda below: _powers(graph, below, alpha))


def _softplus(graph: _Graph, x: str) -> str:
    power = graph.node("Exp", graph.node("Neg", graph.node("Abs", x)))
    log = graph.node("Log", graph.with_number("Add", power, 1.0))
    return graph.node("Add", graph.with_number("Max", x, 0.0), log)


def _softsign(graph: _Graph, x: str) -> str:
    return graph.node("Div", x, graph.with_number("Add", graph.node("Abs", x), 1.0))


def _hardsigmoid(graph: _Graph, x: str) -> str:
    above = graph.with_number("Max", graph.with_number("Add", x, 3.0), 0.0)
    return graph.with_number("Div", graph.with_number("Min", above, 6.0), 6.0)


# Klambauer et al., "Self-normalizing neural networks", 2017: the factor of everything, and alpha.
_SELU = (1.0507009873554805, 1.6732632423543772)

_ACTIVATIONS: dict[str, Callable[[_Graph, str], str]] = {
    "identity": lambda graph, x: x,
    "logistic": _node("Sigmoid"),
    "sigmoid": _node("Sigmoid"),
    "tanh": _node("Tanh"),
    "relu": _node("Relu"),
    "softmax": _node("Softmax", axis=1),
    "exp": _node("Exp"),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": lambda graph, x: graph.node("Mul", x, graph.node("Sigmoid", x)),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _in_float(
        "Selu",
        lambda graph, x: _by_sides(graph, x, _SELU[0], lambda below: _powers(graph, below, _SELU[0] * _SELU[1])),
        gamma=_SELU[0],
        alpha=_SELU[1],
    ),
    "softplus": _in_float("Softplus", _softplus),
    "softsign": _in_float("Softsign", _softsign),
    "hardsigmoid": _hardsigmoid,
}


def _is_multilabel(estimator: Any) -> bool:
    return bool(estimator._label_binarizer.y_type_.startswith("multilabel"))


def _are_words(estimator: Any) -> bool:
    """Whether labels are texts; others are whole numbers."""
    return any(isinstance(name, str) for name in estimator.classes_)


def _has_no_classes(scope: Any, estimator: Any) -> bool:
    """Whether labels are to be the numbers of classes: skl2onnx's option ``nocl``."""
    return bool(scope.get_options(estimator, {"nocl": False})["nocl"])


def _classifier_shapes(operator: Any) -> None:
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    estimator, rows = operator.raw_operator, operator.inputs[0].get_first_dimension()
    classes = len(estimator.classes_)
    if classes == 1:
        raise InvalidInputError(f"the estimator knows one class, {estimator.classes_[0]!r}; expected at least two")
    are_words = _are_words(estimator) and not _has_no_classes(operator.scope_inst, estimator)
    shape = [rows, classes] if _is_multilabel(estimator) else [rows]
    operator.outputs[0].set_type((StringTensorType if are_words else Int64TensorType)(shape))
    operator.outputs[1].type.shape = [rows, classes]


def _regressor_shapes(operator: Any) -> None:
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    kind = DoubleTensorType if isinstance(operator.inputs[0].type, DoubleTensorType) else FloatTensorType
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].set_type(kind([rows, operator.raw_operator.n_outputs_]))


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    graph, estimator = _Graph(scope, operator, container), operator.raw_operator
    label, probabilities = (output.full_name for output in operator.outputs)
    p = graph.output(estimator, operator.inputs[0].full_name)
    if _is_multilabel(estimator):
        graph.node("Identity", p, output=probabilities)
        graph.node("Cast", graph.with_number("Greater", p, 0.5), output=label, to=graph.int64)
        return
    if estimator.n_outputs_ == 1:
        graph.node("Concat", graph.node("Sub", graph.constant([1.0]), p), p, output=probabilities, axis=1)
    else:
        graph.node("Identity", p, output=probabilities)
    if _has_no_classes(scope, estimator):
        graph.node("ArgMax", probabilities, output=label, axis=1, keepdims=0)
        return
    number = graph.node("ArgMax", probabilities, axis=1, keepdims=0)
    if _are_words(estimator):
        classes = graph.constant([str(name).encode() for name in estimator.classes_], graph.string)
    else:
        classes = graph.constant(estimator.classes_.astype(np.int64), graph.int64)
    graph.node("Gather", classes, number, output=label, axis=0)


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    graph = _Graph(scope, operator, container)
    values = graph.output(operator.raw_operator, operator.inputs[0].full_name)
    graph.node("Identity", values, output=operator.outputs[0].full_name)
