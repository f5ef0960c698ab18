"""PyTorch's modules as models, and models as modules. PyTorch is imported by those who call this."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _chainrule
from .errors import InvalidInputError
from .model import Model

__all__ = ["from_torch", "to_torch"]

# Modules without parameters, and what they are called here.
_ACTIVATIONS = {
    "ReLU": "relu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "SELU": "selu",
    "SiLU": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Hardsigmoid": "hardsigmoid",
    "Identity": None,
    "Flatten": None,
}


def _array(tensor: Any) -> Any:
    return tensor.detach().cpu().numpy().ravel()


def _activation(module: Any) -> str | None:
    """The words of a module without weights; '' for one that is none of them."""
    name = type(module).__name__
    if name == "Softplus" and (module.beta != 1 or module.threshold != 20):
        return ""
    if name == "Flatten" and (module.start_dim, module.end_dim) != (1, -1):
        return ""
    if name == "LeakyReLU":
        return f"leaky_relu({module.negative_slope!r})"
    if name == "ELU":
        return f"elu({module.alpha!r})"
    if name == "GELU":
        return "gelu" if module.approximate == "none" else "gelu_tanh"
    if name == "Dropout":
        return f"dropout({module.p!r})"
    if name in ("Softmax", "LogSoftmax"):
        return {"Softmax": "softmax", "LogSoftmax": "log_softmax"}[name] if module.dim in (1, -1) else ""
    return _ACTIVATIONS.get(name, "")


def _weights(module: Any, at: str) -> tuple[str, list[Any], list[Any]]:
    """The words, parameters and running statistics of a module with weights."""
    name = type(module).__name__
    if name == "Linear":
        outputs, inputs = module.weight.shape
        bias = np.zeros(outputs, _array(module.weight).dtype) if module.bias is None else _array(module.bias)
        return f"dense({inputs}, {outputs})", [_array(module.weight.T.contiguous()), bias], []
    if name == "LayerNorm" and len(module.normalized_shape) == 1 and module.elementwise_affine and module.bias is not None:
        words = f"layer_norm({module.normalized_shape[0]}, eps={module.eps!r})"
        return words, [_array(module.weight), _array(module.bias)], []
    if name == "BatchNorm1d" and module.affine and module.running_mean is not None and module.momentum is not None:
        words = f"batch_norm({module.num_features}, eps={module.eps!r}, momentum={module.momentum!r})"
        return words, [_array(module.weight), _array(module.bias)], [_array(module.running_mean), _array(module.running_var)]
    raise InvalidInputError(
        f"module {at} is {module!r}; expected Linear, LayerNorm or BatchNorm1d with weights, biases and running statistics, "
        "Dropout, Softmax, Flatten(1, -1), or an activation of chainrule's"
    )


def _modules(module: Any, name: str) -> list[tuple[str, Any]]:
    """The modules of nested ``Sequential``s in order, with their names."""
    if type(module).__name__ != "Sequential":
        return [(name, module)]
    # `named_children` passes over a module that stands there twice.
    children = [(key, child) for key, child in module._modules.items() if child is not None]
    return [part for key, child in children for part in _modules(child, f"{name}.{key}" if name else key)]


def from_torch(module: Any, loss: str, class_names: list[str] | None = None) -> Model:
    """The model of a ``torch.nn.Sequential``.

    Parameters
    ----------
    module : torch.nn.Sequential
        Of ``Linear``, ``LayerNorm``, ``BatchNorm1d``, ``Dropout``, ``Flatten``, ``Softmax`` and activations; it may hold others of
        its kind. Weights are float32 or float64, and are copied.
    loss : str
        What its outputs were trained for, which it does not say itself: 'cross-entropy' for logits of classes,
        'binary-cross-entropy' for a logit each, 'mse' for values, ...
    class_names : list of str, optional
        The names of the classes, in the order of the outputs; not with a loss of values.

    Returns
    -------
    model : Model

    Raises
    ------
    InvalidInputError
        When it holds another module, which is named; when names are not as many as outputs, two are alike, or the loss has no
        classes.
    """
    layers: list[str] = []
    params: list[Any] = []
    running: list[Any] = []
    for name, part in _modules(module, ""):
        words = _activation(part)
        if words == "":
            words, of_part, statistics = _weights(part, name or type(part).__name__)
            params += of_part
            running += statistics
        if words is not None:
            layers.append(words)
    if not params:
        raise InvalidInputError(f"the module is {type(module).__name__} without a layer that has weights")
    dtype = params[0].dtype
    if dtype not in (np.float32, np.float64) or any(array.dtype != dtype for array in params + running):
        raise InvalidInputError(f"the weights are {dtype}, or of several types; expected float32 or float64: module.float()")
    of_norms = np.concatenate(running) if running else np.zeros(0, dtype)
    return Model(_chainrule.model_of_layers(layers, np.concatenate(params), of_norms, loss, class_names))


def _settings(words: str) -> tuple[str, list[str], dict[str, float]]:
    """'batch_norm(4, eps=0.1)' in its parts."""
    name, _, rest = words.partition("(")
    parts = [part.strip() for part in rest.rstrip(")").split(",") if part.strip()]
    named = dict(part.split("=") for part in parts if "=" in part)
    return name, [part for part in parts if "=" not in part], {key: float(value) for key, value in named.items()}


def _module(words: str) -> Any:
    from torch import nn

    name, numbers, named = _settings(words)
    if name == "dense":
        return nn.Linear(int(numbers[0]), int(numbers[1]))
    if name in ("batch_norm", "layer_norm"):
        return {"batch_norm": nn.BatchNorm1d, "layer_norm": nn.LayerNorm}[name](int(numbers[0]), **named)
    if name in ("softmax", "log_softmax"):
        return {"softmax": nn.Softmax, "log_softmax": nn.LogSoftmax}[name](dim=1)
    if name == "gelu_tanh":
        return nn.GELU(approximate="tanh")
    with_number: dict[str, Any] = {"dropout": nn.Dropout, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU}
    if name in with_number:
        return with_number[name](*map(float, numbers))
    names = {ours: theirs for theirs, ours in _ACTIVATIONS.items() if ours} | {"gelu": "GELU", "identity": "Identity"}
    if name not in names:
        raise InvalidInputError(f"PyTorch has no module for the layer {words}")
    return getattr(nn, names[name])()


def to_torch(model: Model) -> Any:
    """The network of a model as a ``torch.nn.Sequential`` in evaluation mode, with weights of its own.

    Parameters
    ----------
    model : Model

    Returns
    -------
    module : torch.nn.Sequential

    Raises
    ------
    InvalidInputError
        When the model scales its columns or targets, which such a module would not.
    """
    import torch

    arrays = _chainrule.parameters_of(model._compiled)
    is_bare = arrays[2]
    if not is_bare:
        raise InvalidInputError(
            "the model scales its columns or targets, which a module would not; export(path, to='onnx') holds all of it"
        )
    params, running = torch.from_numpy(arrays[0]), torch.from_numpy(arrays[1])
    modules = [_module(words) for words in model.layers]
    with torch.no_grad():
        for module in modules:
            kind = type(module).__name__
            if kind == "Linear":
                size = module.weight.numel()
                weight = params[:size].reshape(module.in_features, module.out_features).T
                module.weight = torch.nn.Parameter(weight.contiguous())
                module.bias = torch.nn.Parameter(params[size : size + module.out_features].clone())
                params = params[size + module.out_features :]
            elif kind in ("LayerNorm", "BatchNorm1d"):
                size = module.weight.numel()
                module.weight = torch.nn.Parameter(params[:size].clone())
                module.bias = torch.nn.Parameter(params[size : 2 * size].clone())
                params = params[2 * size :]
            if kind == "BatchNorm1d":
                size = module.num_features
                module.running_mean = running[:size].clone()
                module.running_var = running[size : 2 * size].clone()
                running = running[2 * size :]
    return torch.nn.Sequential(*modules).eval()
