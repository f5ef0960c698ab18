from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# float32 or float64, the same in all arrays of a network.
_Floats: TypeAlias = NDArray[Any]
# An array (rows, features), or data, indices (int32), indptr (int64) of a CSR matrix and its number of features.
_Rows: TypeAlias = _Floats | tuple[_Floats, NDArray[np.int32], NDArray[np.int64], int]
# X; y as class numbers (uint32) or values (rows, outputs); the weights of the rows.
_Data: TypeAlias = tuple[_Rows, NDArray[np.uint32] | _Floats, _Floats | None]

__version__: str

def activation_names() -> list[str]: ...

class Network:
    def __new__(
        cls,
        coefs: list[_Floats],
        intercepts: list[_Floats],
        activation: str,
        out_activation: str,
        n_threads: int | None = None,
    ) -> Network: ...
    def start(self, settings: Mapping[str, Any]) -> None: ...
    def epoch(self, data: _Data, order: NDArray[np.int64] | None, learning_rate: float) -> float: ...
    def minimize(self, data: _Data, settings: Mapping[str, Any]) -> tuple[float, int, int, str]: ...
    def predict(self, x: _Rows, rows: NDArray[np.int64] | None = None) -> _Floats: ...
    def parameters(self) -> tuple[list[_Floats], list[_Floats]]: ...
    def state(self) -> tuple[int, float, _Floats]: ...
    def restore(self, steps: int, learning_rate: float, moments: _Floats) -> None: ...

class Predictor:
    def __new__(
        cls,
        coefs: list[_Floats],
        intercepts: list[_Floats],
        activation: str,
        out_activation: str,
        n_threads: int | None = None,
    ) -> Predictor: ...
    def matches(self, coefs: list[_Floats], intercepts: list[_Floats]) -> bool: ...
    def predict(self, x: _Rows) -> _Floats: ...

class Model:
    dtype: str
    task: str | None
    loss: str
    layers: list[str]
    n_features: int
    n_outputs: int
    class_names: list[str] | None
    feature_names: list[str] | None
    @staticmethod
    def load(path: str) -> Model: ...
    @staticmethod
    def from_parameters(
        coefs: list[_Floats],
        intercepts: list[_Floats],
        activation: str,
        out_activation: str,
        class_names: list[str] | None,
    ) -> Model: ...
    def save(self, path: str) -> None: ...
    def check_takes_arrays(self) -> None: ...
    def outputs(self, x: _Floats) -> _Floats: ...
    def probabilities(self, x: _Floats) -> _Floats: ...
