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


go_on = helper.make_tensor_value_info("go_on", TensorProto.BOOL, [])
count = helper.make_tensor_value_info("count", TensorProto.INT64, [])
going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
body = helper.make_graph([helper.make_node("Identity", ["go_on"], ["going"])], "body", [count, go_on], [going])
most = numpy_helper.from_array(numpy.array(2**62), "most")
true = numpy_helper.from_array(numpy.array(True), "true")
loop = helper.make_node("Loop", ["most", "true"], [], body=body)
loop_with_result = helper.make_node(
    "Loop",
    ["most", "true", "weight"],
    ["looped"],
    body=helper.make_graph(
        [helper.make_node("Identity", ["go_on"], ["going"]), helper.make_node("Identity", ["inner"], ["outer"])],
        "body",
        [count, go_on, helper.make_tensor_value_info("inner", TensorProto.FLOAT, [784, 10])],
        [going, helper.make_tensor_value_info("outer", TensorProto.FLOAT, [784, 10])],
    ),
)
nodes[1] = helper.make_node("MatMul", ["flat", "looped"], ["scores"])
save([loop_with_result, *nodes], [weight, most, true])
