"""onnxruntime: predictions alone, input and output bound beforehand."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import worker

job = worker.job()
widths, rows = job["widths"], job["predict"]
random = np.random.default_rng(0)

nodes, tensors, name = [], [], "x"
for at, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
    last = at == len(widths) - 2
    limit = np.sqrt(6 / (inputs + outputs))
    for tensor, shape in ((f"w{at}", (inputs, outputs)), (f"b{at}", (outputs,))):
        numbers = random.uniform(-limit, limit, shape).astype(np.float32)
        tensors.append(numpy_helper.from_array(numbers, tensor))
    nodes.append(helper.make_node("Gemm", [name, f"w{at}", f"b{at}"], ["y" if last else f"z{at}"]))
    if not last:
        nodes.append(helper.make_node("Relu", [f"z{at}"], [f"a{at}"]))
    name = f"a{at}"
shape = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, width])
graph = helper.make_graph(nodes, "mlp", [shape("x", widths[0])], [shape("y", widths[-1])], tensors)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
onnx.checker.check_model(model)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = job["threads"], 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
x = onnxruntime.OrtValue.ortvalue_from_numpy(random.random((rows, widths[0]), np.float32))
y = onnxruntime.OrtValue.ortvalue_from_numpy(np.empty((rows, widths[-1]), np.float32))
binding = session.io_binding()
binding.bind_ortvalue_input("x", x)
binding.bind_ortvalue_output("y", y)

worker.serve(onnxruntime.__version__, worker.predicted(lambda: session.run_with_iobinding(binding)))
