"""A scoring plan as operations on tensors of whole batches: ONNX and TensorFlow are written of the same steps."""

from __future__ import annotations

from journeyman.exporters.tensors.run_plan import OPERATIONS, Predicted, run_plan
from journeyman.exporters.tensors.tensor_library import TensorLibrary

__all__ = ["OPERATIONS", "Predicted", "TensorLibrary", "run_plan"]
