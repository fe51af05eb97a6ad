"""Export a super-resolution network: python -m verisim_lab.sr_export --id sr-mr-x2 --checkpoint FILE

Writes the forward graph, the gradient graph, the manifest entry, the warm start
and the golden values that the studio's tests compare with.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from .checkpoint import load_warm, save_warm
from .graph_files import export_pair
from .manifest import MODELS, update_model, variant_entry
from .sr_network import SLOPE, SrNet

ROOT = Path(__file__).resolve().parents[2]
WARM = ROOT / "training" / "warm"
GOLDEN = ROOT / "test" / "golden"
NORMALISATION = {
    "MR": {"type": "percentile", "low": 0.5, "high": 99.5, "scope": "series"},
    "CT": {"type": "window", "low": -1024, "high": 3071},
}


def describe(kernels, net: SrNet):
    """The network of fused kernels as a function for `graph.export_pair`."""
    def build(g, image):
        f = first = g.leaky_relu(g.conv(image, kernels[0]), SLOPE)
        for k, d in zip(kernels[1:-1], net.dilations):
            f = g.leaky_relu(g.conv(f, k, dilation=d), SLOPE)
        y = g.conv(g.add(f, first), kernels[-1])
        # The bicubic skip is exact in float32 whatever the weights are stored in.
        return g.depth_to_space(g.add(g.conv(image, net.skip, exact=True), y), net.scale)
    return build


@torch.no_grad()
def fused(net: SrNet) -> list[torch.Tensor]:
    """The network's plain kernels, rounded as the files hold them."""
    return [k.detach().half().float() for k in net.kernels()]


def run_fused(kernels, net: SrNet, x: torch.Tensor) -> torch.Tensor:
    """The network with given kernels, in torch: what the exported file must give."""
    import torch.nn.functional as F
    y = net.residual(x, kernels) + F.conv2d(x, net.skip, padding=2)
    return F.pixel_shuffle(y, net.scale)


def golden_input(h: int, w: int, seed: int = 1) -> np.ndarray:
    """Deterministic values on a grid of 1/1024: a smooth ramp plus an LCG's noise.

    state = (1664525 * state + 1013904223) mod 2^32, row by row, starting from `seed`;
    value = (x * 17 + y * 11 + (state >> 24)) mod 1024 / 1024. All exact in float32.
    """
    out = np.empty((h, w), np.float32)
    state = seed
    for y in range(h):
        for x in range(w):
            state = (1664525 * state + 1013904223) % 2**32
            out[y, x] = ((x * 17 + y * 11 + (state >> 24)) % 1024) / 1024
    return out


def write_golden(model_id: str, variant: str, net: SrNet, kernels) -> Path:
    """Values from torch (not from an ONNX runtime) for the shipped, rounded weights."""
    s = net.scale
    h, w = (20, 24) if s == 2 else (16, 16)
    x = torch.from_numpy(golden_input(h, w, 1))[None, None].requires_grad_(True)
    y = run_fused(kernels, net, x)
    c = torch.from_numpy(golden_input(h * s, w * s, 2) - 0.5)[None, None]
    y.backward(c)
    flat = lambda t: [round(float(v), 6) for v in t.detach().flatten()]
    path = GOLDEN / (f"{model_id}.json" if variant in ("faithful", "default") else f"{model_id}-{variant}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "model": model_id, "variant": variant, "height": h, "width": w, "scale": s,
        "formula": "state=seed; row by row: state=(1664525*state+1013904223) mod 2^32; "
                   "value=((x*17+y*11+(state>>>24)) mod 1024)/1024. image: seed 1. "
                   "cotangent: seed 2 on the output grid, minus 0.5. No frame padding.",
        "output": flat(y), "gradImage": flat(x.grad),
    }, separators=(",", ":")) + "\n")
    return path


def export_variant(model_id: str, variant: str, net: SrNet, modality: str, models: Path = MODELS) -> None:
    """Forward + gradient files, manifest entry, warm start and golden values of one variant."""
    net = net.eval().float()
    net.bfloat16 = False
    kernels = fused(net)
    stem = model_id if variant == "faithful" else f"{model_id}-{variant}"
    forward, gradient = models / f"{stem}.onnx", models / f"{stem}-gradient.onnx"
    export_pair(describe(kernels, net), [("image", 1)], ["image"], forward, gradient)
    check(forward, gradient, net, kernels)
    s = net.scale
    image = {"name": "image", "shape": [1, 1, "H", "W"], "range": [0, 1]}
    update_model({
        "id": model_id, "task": "super-resolution", "modality": [modality], "scale": s, "license": "CC-BY-4.0",
        "inputs": [image],
        "outputs": [{"name": "output", "shape": [1, 1, f"{s}H", f"{s}W"], "range": [0, 1]}],
        "normalisation": NORMALISATION[modality], "halo": net.halo, "multipleOf": 1, "patch": None, "opset": 18,
        "card": f"{model_id}.card.json", "variants": {variant: variant_entry(forward, gradient)},
    }, models)
    if models == MODELS:
        save_warm(WARM / f"{stem}.safetensors", net.collapsed())
        write_golden(model_id, variant, net, kernels)
    print(f"{stem}: {forward.stat().st_size} bytes forward, {gradient.stat().st_size} gradient")


def check(forward: Path, gradient: Path, net: SrNet, kernels) -> None:
    """Refuse to ship files that differ from torch (output 1e-5, gradient 1e-4 relative)."""
    x = torch.from_numpy(golden_input(28, 20, 3))[None, None].requires_grad_(True)
    y = run_fused(kernels, net, x)
    c = torch.from_numpy(golden_input(28 * net.scale, 20 * net.scale, 4) - 0.5)[None, None]
    y.backward(c)
    out = ort.InferenceSession(forward).run(["output"], {"image": x.detach().numpy()})[0]
    grad, again = ort.InferenceSession(gradient).run(["grad_image", "output"],
                                                     {"image": x.detach().numpy(), "cotangent": c.numpy()})
    want = x.grad.numpy()
    for name, error in (("output", np.abs(out - y.detach().numpy()).max()), ("again", np.abs(out - again).max()),
                        ("gradient", np.abs(grad - want).max() / np.abs(want).max() / 10)):
        if not error <= 1e-5:
            raise ValueError(f"{forward.name}: {name} differs from torch by {error}")


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True)
    p.add_argument("--checkpoint", required=True, type=Path)
    p.add_argument("--variant", default="faithful", choices=("faithful", "perceptual"))
    p.add_argument("--blend", type=float, default=1.0, help="perceptual: share of its kernels, the rest faithful")
    p.add_argument("--models", type=Path, default=MODELS)
    a = p.parse_args()
    state = torch.load(a.checkpoint, map_location="cpu", weights_only=False)
    c = state["config"]
    net = SrNet(c["scale"], c["width"], c.get("dilations", (1,) * 6))
    net.load_state_dict(state["ema"])
    if a.blend != 1:
        mine, faithful = net.collapsed(), load_warm(WARM / f"{a.id}.safetensors")
        net.load_collapsed({k: a.blend * v + (1 - a.blend) * faithful[k] for k, v in mine.items()})
    export_variant(a.id, a.variant, net, c["modality"], a.models)


if __name__ == "__main__":
    main()
