"""Export a segmenter: forward graph (`probability`), gradient graph (`grad_image`, `features`, `grad_features`)."""

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from .cards import write_card
from .checkpoint import save_warm
from .graph import Graph, Value
from .graph_files import export_forward, tensor_info, write_graph
from .lesion_cards import CARDS, LICENCE, NORMALISATION
from .manifest import MODELS, update_model, variant_entry
from .segment_net import SLOPE, SegmentNet, folded_conv, receptive_radius
from .sr_export import GOLDEN, WARM, golden_input


def describe(net: SegmentNet, keep: dict | None = None):
    """The folded network for the graph writer; `keep["features"]` receives the deepest map, for Grad-CAM."""
    def unit(g, x, u):
        weight, bias = folded_conv(u)
        return g.leaky_relu(g.conv(x, weight, bias), SLOPE)

    def build(g, image):
        x, skips = image, []
        for level, block in enumerate(net.down):
            if level:
                x = g.average_pool(x, 2)
            for u in block:
                x = unit(g, x, u)
            skips.append(x)
        if keep is not None:
            keep["features"] = x
        for block, skip in zip(net.up, skips[-2::-1]):
            x = g.concat(g.upsample_nearest(x, 2), skip)
            for u in block:
                x = unit(g, x, u)
        return g.sigmoid(g.conv(x, net.head.weight, net.head.bias))
    return build


def export_cam_gradient(net: SegmentNet, path: Path) -> None:
    """image, cotangent [1,1,H,W] -> grad_image, features and grad_features [1,C,H/m,W/m], probability."""
    g, keep = Graph(), {}
    image, cotangent = Value("image", 1), Value("cotangent", 1)
    y = describe(net, keep)(g, image)
    deep = keep["features"]
    grad_image, grad_deep = g.backward(y, cotangent, [image, deep])
    outputs = [(grad_image, "grad_image", tensor_info("grad_image", 1, "image")),
               (deep.name, "features", tensor_info("features", deep.channels, "image", "f")),
               (grad_deep, "grad_features", tensor_info("grad_features", deep.channels, "image", "f")),
               (y.name, "probability", tensor_info("probability", 1, "image"))]
    write_graph(g, [tensor_info("image", 1, "image"), tensor_info("cotangent", 1, "image")], outputs, path)


@torch.no_grad()
def rounded(net: SegmentNet) -> SegmentNet:
    """A network of the same form whose folded convolutions equal the shipped float16 ones (batch norm made neutral)."""
    twin = SegmentNet(net.widths).eval()
    twin.load_state_dict(net.state_dict())
    for block, other in zip([*net.down, *net.up], [*twin.down, *twin.up]):
        for u, v in zip(block, other):
            weight, bias = folded_conv(u)
            norm = v[1]
            v[0].weight.copy_(weight.half().float())
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.fill_(1)
            norm.bias.copy_(bias.half().float())
    for p in (twin.head.weight, twin.head.bias):
        p.copy_(p.half().float())
    return twin


def export_segmenter(model_id: str, net: SegmentNet, models: Path = MODELS, seed: int = 1) -> None:
    """Files, manifest entry, card, warm start and golden values."""
    net = net.eval().float()
    forward, gradient = models / f"{model_id}.onnx", models / f"{model_id}-gradient.onnx"
    export_forward(describe(net), [("image", 1)], forward, output="probability", out_size="")
    export_cam_gradient(net, gradient)
    golden = compare(model_id, net, forward, gradient)
    modality = "CT" if "-ct-" in model_id else "MR"
    levels = len(net.widths)
    update_model({
        "id": model_id, "task": "segmentation", "modality": [modality], "scale": 1, "license": LICENCE[modality],
        "inputs": [{"name": "image", "shape": [1, 1, "H", "W"], "range": [0, 1]}],
        "outputs": [{"name": "probability", "shape": [1, 1, "H", "W"], "range": [0, 1]}],
        "normalisation": NORMALISATION[modality], "halo": receptive_radius(levels), "multipleOf": net.multiple,
        "patch": None, "opset": 18, "card": f"{model_id}.card.json",
        "variants": {"default": variant_entry(forward, gradient)},
    }, models)
    write_card(model_id, {**CARDS[model_id], "seed": seed}, models)
    save_warm(WARM / f"{model_id}.safetensors", net.state_dict())
    (GOLDEN / f"{model_id}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{model_id}: {forward.stat().st_size} bytes forward, {gradient.stat().st_size} gradient")


def compare(model_id: str, net: SegmentNet, forward: Path, gradient: Path) -> dict:
    """Refuse files that differ from torch; returns the golden values (torch, shipped weights)."""
    twin = rounded(net)
    h = w = 32 if net.multiple <= 8 else 48
    x = torch.from_numpy(golden_input(h, w, 1))[None, None].requires_grad_(True)
    c = torch.from_numpy(golden_input(h, w, 2) - 0.5)[None, None]
    y = torch.sigmoid(twin(x))
    y.backward(c)
    feed = {"image": x.detach().numpy()}
    out = ort.InferenceSession(forward).run(None, feed)[0]
    back = ort.InferenceSession(gradient)
    named = dict(zip([o.name for o in back.get_outputs()], back.run(None, {**feed, "cotangent": c.numpy()})))
    want = x.grad.numpy()
    for name, error in (("probability", np.abs(out - y.detach().numpy()).max()),
                        ("again", np.abs(out - named["probability"]).max()),
                        ("gradient", np.abs(named["grad_image"] - want).max() / np.abs(want).max() / 10)):
        if not error <= 2e-5:
            raise ValueError(f"{model_id}: {name} differs from torch by {error}")
    points = [(i, j) for j in range(0, h, 3) for i in range(0, w, 3)]
    pick = lambda t: [[i, j, float(f"{t[0, 0, j, i]:.7g}")] for i, j in points]
    return {"model": model_id, "variant": "default", "height": h, "width": w,
            "formula": "state=seed; row by row: state=(1664525*state+1013904223) mod 2^32; "
                       "value=((x*17+y*11+(state>>>24)) mod 1024)/1024. image: seed 1. cotangent: seed 2, minus 0.5. "
                       "Lists hold [x, y, value].",
            "probability": pick(y.detach().numpy()), "gradImage": pick(want)}
