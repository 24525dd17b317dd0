"""Policy files: a network with everything that must hold where it is used, in one ONNX.

Training code writes them with `Contract.of`, `dense_layers` of `torch_export` or `flax_export`, and `write_policy`.
"""

from __future__ import annotations

from pilotline.policies.file.contract import Contract, Normalisation, Training
from pilotline.policies.file.inputs import Inputs
from pilotline.policies.file.layers import Layer, LayerError
from pilotline.policies.file.writing import write_policy

__all__ = ["Contract", "Inputs", "Layer", "LayerError", "Normalisation", "Training", "write_policy"]
