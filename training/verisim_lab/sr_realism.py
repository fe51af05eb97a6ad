"""The patch discriminator: trained beside the perceptual generator, shipped as the realism model.

Input: a slice at high resolution in model range, H and W multiples of 4.
Output: one score for each 4x4 block; the higher, the more its surroundings look real (zero has no meaning).
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.2
STRIDE = 4
# Texture is a few hundredths of the range: without this gain a spectrally normalised critic could not see it.
UNIT = {"MR": 8.0, "CT": 48.0}
# (input channels, output channels, kernel, stride)
LAYERS = ((1, 32, 4, 2), (32, 64, 4, 2), (64, 64, 3, 1), (64, 64, 3, 1), (64, 1, 3, 1))


class PatchCritic(nn.Module):
    """[N,1,H,W] -> score map [N,1,H/4,W/4]; spectrally normalised."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(i, o, k, stride=s, padding=1)) for i, o, k, s in LAYERS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for n, layer in enumerate(self.layers):
            x = layer(x)
            if n < len(LAYERS) - 1:
                x = F.leaky_relu(x, SLOPE)
        return x.float()

    @torch.no_grad()
    def plain(self) -> list:
        """(weight, bias) of each layer, normalised, rounded as the file holds them."""
        return [(m.weight.detach().half().float(), m.bias.detach().half().float()) for m in self.layers]


def run_plain(weights: list, x: torch.Tensor) -> torch.Tensor:
    """The critic with given weights, in torch: what the exported file must give."""
    for n, ((w, b), (_, _, _, s)) in enumerate(zip(weights, LAYERS)):
        x = F.conv2d(x, w, b, stride=s, padding=1)
        if n < len(LAYERS) - 1:
            x = F.leaky_relu(x, SLOPE)
    return x


def reach() -> int:
    """Receptive-field radius in input pixels (rounded up to the stride)."""
    field, step = 1, 1
    for _, _, k, s in LAYERS:
        field += (k - 1) * step
        step *= s
    return -(-(field - STRIDE) // 2 // STRIDE) * STRIDE


def describe(weights: list):
    """The critic as a function for `graph_files.export_pair`."""
    def build(g, image):
        x = image
        for n, ((w, b), (_, _, _, s)) in enumerate(zip(weights, LAYERS)):
            x = g.conv(x, w, b, stride=s, pad=1)
            if n < len(LAYERS) - 1:
                x = g.leaky_relu(x, SLOPE)
        return x
    return build


def export_realism(modality: str, checkpoint, models=None) -> None:
    """Write realism-mr or realism-ct: forward and gradient graphs, manifest entry, warm start, golden values."""
    import json

    import numpy as np

    from .checkpoint import save_warm
    from .graph_files import export_pair
    from .manifest import MODELS, update_model, variant_entry
    from .sr_export import GOLDEN, NORMALISATION, WARM, golden_input

    models = models or MODELS
    model_id = f"realism-{modality.lower()}"
    state = torch.load(checkpoint, map_location="cpu", weights_only=False)
    critic = PatchCritic()
    critic.load_state_dict(state["critic_ema"])
    critic.eval()
    unit = UNIT[modality]  # the trainer's gain goes into the first layer
    raw = [(m.weight.detach(), m.bias.detach()) for m in critic.layers]
    raw[0] = (raw[0][0] * unit, raw[0][1])
    weights = [(w.half().float(), b.half().float()) for w, b in raw]
    forward, gradient = models / f"{model_id}.onnx", models / f"{model_id}-gradient.onnx"
    export_pair(describe(weights), [("image", 1)], ["image"], forward, gradient, output="score", out_size="s")
    update_model({
        "id": model_id, "task": "realism", "modality": [modality], "scale": 1, "license": "CC-BY-4.0",
        "inputs": [{"name": "image", "shape": [1, 1, "H", "W"], "range": [0, 1]}],
        "outputs": [{"name": "score", "shape": [1, 1, f"H/{STRIDE}", f"W/{STRIDE}"], "stride": STRIDE}],
        "normalisation": NORMALISATION[modality], "halo": reach(), "multipleOf": STRIDE, "patch": None, "opset": 18,
        "card": f"{model_id}.card.json", "variants": {"default": variant_entry(forward, gradient)},
    }, models)
    if models != MODELS:
        return
    save_warm(WARM / f"{model_id}.safetensors", {f"{i}.{k}": t for i, p in enumerate(raw) for k, t in zip("wb", p)})
    h, w = 32, 40
    x = torch.from_numpy(golden_input(h, w, 1))[None, None].requires_grad_(True)
    y = run_plain(weights, x)
    c = torch.from_numpy(golden_input(h // STRIDE, w // STRIDE, 2) - np.float32(0.5))[None, None]
    y.backward(c)
    flat = lambda t: [round(float(v), 6) for v in t.detach().flatten()]
    (GOLDEN / f"{model_id}.json").write_text(json.dumps({
        "model": model_id, "variant": "default", "height": h, "width": w, "stride": STRIDE,
        "formula": "as in sr-mr-x2.json; cotangent: seed 2 on the score grid, minus 0.5",
        "output": flat(y), "gradImage": flat(x.grad)}, separators=(",", ":")) + "\n")
    print(f"{model_id}: {forward.stat().st_size} bytes forward, {gradient.stat().st_size} gradient")


if __name__ == "__main__":
    import argparse
    from pathlib import Path
    p = argparse.ArgumentParser(description="Export the discriminator of a perceptual run as the realism model.")
    p.add_argument("--modality", required=True, choices=("MR", "CT"))
    p.add_argument("--checkpoint", required=True, type=Path, help="sr-*-x2-perceptual.pt")
    a = p.parse_args()
    export_realism(a.modality, a.checkpoint)
