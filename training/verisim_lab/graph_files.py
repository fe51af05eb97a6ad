"""The files of a generator described on a `Graph`: its forward graph, and the gradient graph of the model contract.

The gradient graph's inputs are the generator's and `cotangent`; its outputs `output` and one `grad_NAME` for each input
asked for. Both hold the same rounded weights, so the gradient is exact for the file that ships. ONNX forbids an output
with the name of an input, hence `output`.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from .graph import Graph, Value

OPSET, IR_VERSION = 18, 10


def _prune(nodes: list, initialisers: list, outputs: list):
    """Drop nodes and weights that no output needs."""
    needed, kept = set(outputs), []
    for n in reversed(nodes):
        if needed & set(n.output):
            kept.append(n)
            needed |= set(n.input)
    return kept[::-1], [i for i in initialisers if i.name in needed]


def tensor_info(name: str, channels: int, kind: str, size: str = "") -> onnx.ValueInfoProto:
    """Input or output [1,channels] (kind "vector") or [1,channels,`size`H,`size`W], free H and W, float32."""
    shape = [1, channels] if kind == "vector" else [1, channels, size + "H", size + "W"]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def write_graph(g: Graph, inputs: list, outputs: list, path: Path) -> None:
    """Check and write a graph without what no output needs. inputs: infos; outputs: [(value's name, public name, info)]."""
    nodes = list(g.nodes)
    infos = []
    for value, public, info in outputs:
        nodes.append(helper.make_node("Identity", [value], [public]))
        infos.append(info)
    # Rename the producer instead of an Identity where that is possible.
    produced = {o for n in g.nodes for o in n.output}
    for n in nodes[len(g.nodes):]:
        old, new = n.input[0], n.output[0]
        if old not in produced:
            continue  # an input passed on, or a value that is already public
        nodes.remove(n)
        produced.discard(old)
        for m in nodes:
            for names in (m.input, m.output):
                for k, v in enumerate(names):
                    if v == old:
                        names[k] = new
    nodes, init = _prune(nodes, g.initialisers, [i.name for i in infos])
    graph = helper.make_graph(nodes, "verisim", inputs, infos, init)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                              producer_name="verisim-lab")
    onnx.checker.check_model(model, full_check=True)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(model.SerializeToString())


def _described(net, inputs: list, half: bool) -> tuple:
    """(graph, input specs, input values, output value, the output's kind) of a network described on a new graph."""
    g = Graph(half=half)
    specs = [(n, c, *(k or ["image"])) for n, c, *k in inputs]
    values = [Value(n, c, kind != "vector", kind == "vector") for n, c, kind in specs]
    y = net(g, *values)
    kind = "vector" if y.vector else "image"
    return g, specs, values, y, kind


def export_forward(net, inputs: list, path: Path, half: bool = True, output: str = "output",
                   out_size: str = "o") -> None:
    """Write the forward graph. inputs: [(name, channels)] or (name, channels, "vector")."""
    g, specs, _, y, kind = _described(net, inputs, half)
    write_graph(g, [tensor_info(*s) for s in specs], [(y.name, output, tensor_info(output, y.channels, kind, out_size))], path)


def export_gradient(net, inputs: list, wrt: list, path: Path, half: bool = True, output: str = "output",
                    out_size: str = "o") -> None:
    """Write the gradient graph: inputs + `cotangent` -> `grad_NAME` for each of `wrt`, and the output itself."""
    g, specs, values, y, kind = _described(net, inputs, half)
    cotangent = Value("cotangent", y.channels, y.spatial, y.vector)
    chosen = [v for name in wrt for v in values if v.name == name]
    grads = g.backward(y, cotangent, chosen)
    outs = [(n, f"grad_{v.name}", tensor_info(f"grad_{v.name}", v.channels, "vector" if v.vector else "image"))
            for n, v in zip(grads, chosen)]
    outs.append((y.name, output, tensor_info(output, y.channels, kind, out_size)))
    write_graph(g, [*(tensor_info(*s) for s in specs), tensor_info("cotangent", y.channels, kind, out_size)], outs, path)


def export_pair(net, inputs: list, wrt: list, forward: Path, gradient: Path, half: bool = True,
                output: str = "output", out_size: str = "o") -> None:
    """Both files of one variant."""
    export_forward(net, inputs, forward, half, output, out_size)
    export_gradient(net, inputs, wrt, gradient, half, output, out_size)
