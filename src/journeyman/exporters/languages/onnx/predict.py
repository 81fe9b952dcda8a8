"""Answers a file of rows with onnxruntime:

python predict.py rows.csv answers.csv
"""

from __future__ import annotations

import sys

import onnxruntime
from rows_file import HERE, answer_file

session = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]

if __name__ == "__main__":
    answer_file(lambda inputs: dict(zip(names, session.run(None, inputs))), *sys.argv[1:3])
