"""ONNX models whose weight lies in another file, for the files `make.py` of the corpus."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def save_with_weight_elsewhere(location: str) -> None:
    """Write model.onnx, whose weight is to be read from there."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 1, 28, 28])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["scores"]),
    ]
    weight = numpy_helper.from_array(np.zeros((784, 10), np.float32), "weight")
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": str(784 * 10 * 4)}.items():
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    graph = helper.make_graph(nodes, "net", [images], [scores], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    Path("model.onnx").write_bytes(model.SerializeToString())
