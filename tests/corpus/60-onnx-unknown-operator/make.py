import numpy
from onnx import TensorProto, helper, numpy_helper

images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 1, 28, 28])
scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])
weight = numpy_helper.from_array(numpy.zeros((784, 10), numpy.float32), "weight")
nodes = [helper.make_node("Flatten", ["images"], ["flat"]), helper.make_node("MatMul", ["flat", "weight"], ["scores"])]


def save(nodes, tensors, name="model.onnx"):
    graph = helper.make_graph(nodes, "net", [images], [scores], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with open(name, "wb") as file:
        file.write(model.SerializeToString())


nodes[1] = helper.make_node("Evil", ["flat", "weight"], ["scores"], domain="com.corpus")
save(nodes, [weight])
