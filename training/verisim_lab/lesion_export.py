"""Export a lesion painter (inserter or remover) with its gradient graph, and a patch critic as a realism map."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch.nn import functional as F

from .cards import write_card
from .checkpoint import save_warm
from .graph_files import export_forward, export_pair
from .lesion_cards import CARDS, LICENCE, NORMALISATION
from .lesion_net import CRITIC_GAIN, GLOBAL, GRAIN, SCORE_GAIN, SLOPE, Z_LENGTH, LesionNet, PatchCritic, binomial_kernel, calm_kernel
from .manifest import MODELS, update_model, variant_entry
from .sr_export import GOLDEN, WARM, golden_input


def describe_painter(net: LesionNet):
    """The network as a function for `graph.export_pair`."""
    def pair(g, x, layer):
        return g.conv(x, layer.weight, layer.bias)

    def calmed(g, x):
        return g.conv(x, calm_kernel().expand(x.channels, 1, 3, 3), groups=x.channels)

    def enlarge(g, x):
        wide = g.upsample_nearest(x, 2)
        return calmed(g, wide) if net.noise else wide

    def build(g, image, mask, z=None):
        soft = g.mul(mask, g.conv(mask, binomial_kernel(), exact=True))
        x = g.concat(image if net.noise else g.mul(image, g.affine(mask, -1.0, 1.0)), mask, soft)
        if net.fold > 1:
            x = g.space_to_depth(x, net.fold)
        skips = []
        for level, (a, b) in enumerate(net.down):
            if level:
                x = g.average_pool(x, 2)
            x = g.leaky_relu(pair(g, g.leaky_relu(pair(g, x, a), SLOPE), b), SLOPE)
            skips.append(x)
        if net.noise:
            style = g.channels(z, 0, GLOBAL)
            field = g.reshape_vector(g.channels(z, GLOBAL, Z_LENGTH), 1, GRAIN, GRAIN)
            grain = pair(g, field, net.grain)
        top = len(net.widths) - 1
        for index, (a, b) in enumerate(net.up):
            level = top - index
            parts = [x] if level == top else [enlarge(g, x), skips[level]]
            if net.noise and level == 0:
                parts.append(grain)
            x = pair(g, g.concat(*parts) if len(parts) > 1 else parts[0], a)
            if net.noise:
                line = net.style[index]
                x = g.add(x, g.unsqueeze(g.gemm(style, line.weight, line.bias)))
                if level in (1, 2):
                    cells = g.affine(g.average_pool(field, 2**level), float(2**level), 0.0)
                    x = g.add(x, g.conv(cells, net.coarse[level - 1].weight))
            x = g.leaky_relu(pair(g, g.leaky_relu(x, SLOPE), b), SLOPE)
        out = pair(g, x, net.head)
        if net.fold > 1 and net.noise:
            out = g.add(calmed(g, out), g.mul(pair(g, x, net.amount), g.conv(field, net.fine.weight)))
        x = out
        if net.fold > 1:
            x = g.conv(g.depth_to_space(x, net.fold), binomial_kernel() if net.noise else calm_kernel(), exact=True)
        return g.add(image, g.mul(soft, x if net.noise else g.sub(x, image)))
    return build


def describe_critic(weights: list, fold: int = 1):
    """weights: [(weight, bias)] of the layers, then the fine and the coarse head, spectral norm folded."""
    *layers, fine, coarse = weights

    def build(g, image, mask):
        x, maps = g.concat(g.affine(image, CRITIC_GAIN), mask), []
        if fold > 1:
            x = g.space_to_depth(x, fold)
        for index, (w, b) in enumerate(layers):
            x = g.leaky_relu(g.conv(x, w, b, stride=1 if index == 0 else 2, pad=1), 0.2)
            maps.append(x)
        wide = g.upsample_nearest(g.conv(maps[-1], *coarse), 2 ** (len(layers) - 3))
        return g.affine(g.add(g.conv(maps[2], *fine), wide), SCORE_GAIN / 2)
    return build


@torch.no_grad()
def rounded(net):
    """A copy with every weight as the file holds it (float16)."""
    import copy
    twin = copy.deepcopy(net)
    for p in twin.parameters():
        p.copy_(p.half().float())
    return twin


def golden_mask(patch: int) -> np.ndarray:
    """(x - 30k)^2 + 2 (y - 34k)^2 < 150 k^2 with k = patch / 64."""
    k = patch // 64
    y, x = np.mgrid[:patch, :patch]
    return ((x - 30 * k) ** 2 + 2 * (y - 34 * k) ** 2 < 150 * k * k).astype(np.float32)


def golden_noise(length: int = Z_LENGTH, seed: int = 3) -> np.ndarray:
    """state = (1664525 * state + 1013904223) mod 2^32; value = ((state >> 16) - 32768) / 16384. Exact in float32."""
    out, state = np.empty(length, np.float32), seed
    for i in range(length):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = ((state >> 16) - 32768) / 16384
    return out


FORMULA = ("state=seed; in order: state=(1664525*state+1013904223) mod 2^32. image: seed imageSeed (1 where not given), row by row, "
           "((x*17+y*11+(state>>>24)) mod 1024)/1024. cotangent: the same with seed 2, minus 0.5. z: seed 3, "
           "((state>>>16)-32768)/16384. mask: 1 where (x-30k)^2+2(y-34k)^2 < 150k^2, k=patch/64, else 0. "
           "Image lists hold [x, y, value]; gradZ holds [index, value].")


def run_golden(net, n: int, seed: int, dtype):
    """Inputs (tensors), output and the gradients by name, for the golden image of a seed."""
    image = torch.from_numpy(golden_input(n, n, seed))[None, None].to(dtype).requires_grad_(True)
    mask = torch.from_numpy(golden_mask(n))[None, None].to(dtype).requires_grad_(True)
    z = torch.from_numpy(golden_noise())[None].to(dtype).requires_grad_(True)
    args = (image, mask, z) if net.noise else (image, mask)
    y = net(*args)
    y.backward(torch.from_numpy(golden_input(n, n, 2) - 0.5)[None, None].to(dtype))
    return args, y.detach(), {k: v.grad.numpy() for k, v in zip(("image", "mask", "z"), args)}


@torch.no_grad()
def kink_distance(net, n: int, seed: int) -> float:
    """Smallest magnitude that any LeakyReLU of the network receives for the golden image of a seed."""
    seen, plain = [], F.leaky_relu

    def watch(x, slope):
        seen.append(x.abs().min().item())
        return plain(x, slope)

    F.leaky_relu = watch
    try:
        image, mask = torch.from_numpy(golden_input(n, n, seed))[None, None], torch.from_numpy(golden_mask(n))[None, None]
        net(image, mask, torch.from_numpy(golden_noise())[None] if net.noise else None)
    finally:
        F.leaky_relu = plain
    return min(seen)


def relative(got: dict, want: dict) -> dict:
    return {k: float(np.abs(got[k] - w).max() / np.abs(w).max()) for k, w in want.items()}


def compare(model_id, net: LesionNet, forward: Path, gradient: Path) -> dict:
    """Refuse files that differ from torch (1e-5; gradients 1e-4 relative); returns the golden values.

    The image's seed is the one, of 24, whose activations keep furthest from their kink at 0: nearer than the
    rounding of a sum there, a gradient differs by a whole slope from one runtime to the next.
    """
    twin, n = rounded(net), net.patch
    seed = max(range(1, 49, 2), key=lambda s: kink_distance(twin, n, s))
    args, y, want = run_golden(twin, n, seed, torch.float32)
    feed = {k: v.detach().numpy() for k, v in zip(want, args)}
    out = ort.InferenceSession(forward).run(["output"], feed)[0]
    back = ort.InferenceSession(gradient)
    cotangent = (golden_input(n, n, 2) - 0.5)[None, None]
    got = dict(zip([o.name for o in back.get_outputs()], back.run(None, {**feed, "cotangent": cotangent})))
    errors = {"output": np.abs(out - y.numpy()).max(), "again": np.abs(got["output"] - out).max()}
    errors |= {k: v / 10 for k, v in relative({k: got[f"grad_{k}"] for k in want}, want).items()}
    if not all(e <= 1e-5 for e in errors.values()):
        raise ValueError(f"{model_id}: differs from torch by {errors}")
    outside = feed["mask"] == 0
    if not np.array_equal(out[outside], feed["image"][outside]):
        raise ValueError(f"{model_id}: changes pixels outside the mask")
    k = n // 64
    spots = [(i, j) for j in range(12 * k, 56 * k, 2 * k) for i in range(10 * k, 52 * k, 2 * k)]
    short = lambda v: float(f"{v:.7g}")
    pick = lambda t: [[i, j, short(t[0, 0, j, i])] for i, j in spots]
    golden = {"model": model_id, "variant": "default", "patch": n, "imageSeed": seed, "formula": FORMULA, "output": pick(y.numpy()),
              "gradImage": pick(want["image"]), "gradMask": pick(want["mask"])}
    if net.noise:
        golden["zLength"] = Z_LENGTH
        golden["gradZ"] = [[i, short(want["z"][0, i])] for i in [*range(GLOBAL), *range(GLOBAL, Z_LENGTH, 41)]]
    return golden


def export_painter(model_id: str, net: LesionNet, models: Path = MODELS, seed: int = 1) -> None:
    """Files, manifest entry, card, warm start and golden values of an inserter or remover."""
    net = net.eval().float()
    forward, gradient = models / f"{model_id}.onnx", models / f"{model_id}-gradient.onnx"
    inputs = [("image", 1), ("mask", 1)] + ([("z", Z_LENGTH, "vector")] if net.noise else [])
    export_pair(describe_painter(net), inputs, [i[0] for i in inputs], forward, gradient, out_size="")
    golden = compare(model_id, net, forward, gradient)
    p, modality = net.patch, "CT" if "-ct" in model_id else "MR"
    entry_inputs = [{"name": "image", "shape": [1, 1, p, p], "range": [0, 1]},
                    {"name": "mask", "shape": [1, 1, p, p], "range": [0, 1]}]
    if net.noise:
        entry_inputs.append({"name": "z", "shape": [1, Z_LENGTH], "range": [-4, 4]})
    update_model({
        "id": model_id, "task": "lesion-insert" if net.noise else "lesion-remove", "modality": [modality], "scale": 1,
        "license": LICENCE[modality], "inputs": entry_inputs,
        "outputs": [{"name": "output", "shape": [1, 1, p, p], "range": [0, 1]}],
        "normalisation": NORMALISATION[modality], "halo": 0, "multipleOf": p, "patch": p, "opset": 18,
        "card": f"{model_id}.card.json", "variants": {"default": variant_entry(forward, gradient)},
    }, models)
    write_card(model_id, {**CARDS[model_id], "seed": seed}, models)
    save_warm(WARM / f"{model_id}.safetensors", net.state_dict())
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / f"{model_id}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{model_id}: {forward.stat().st_size} bytes forward, {gradient.stat().st_size} gradient")


@torch.no_grad()
def load_critic(critic: PatchCritic, file: Path) -> None:
    """Take over the weights of an exported patch critic; ValueError where it is another network."""
    graph = onnx.load(file).graph
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    stored |= {n.output[0]: stored[n.input[0]] for n in graph.node if n.op_type == "Cast"}
    found = [[stored[name] for name in n.input[1:]] for n in graph.node if n.op_type == "Conv" and len(n.input) == 3]
    for layer, (w, b) in zip((*critic.layers, critic.coarse, critic.fine), found, strict=True):  # as describe_critic lays them down
        if tuple(layer.weight.shape) != w.shape:
            raise ValueError(f"{file}: {w.shape} where {tuple(layer.weight.shape)} belongs")
        layer.weight = torch.from_numpy(w.astype(np.float32))
        layer.bias.copy_(torch.from_numpy(b.astype(np.float32)))
        for _ in range(50):  # each look is one step of the power iteration by which spectral norm knows the weight's size
            _ = layer.weight


@torch.no_grad()
def export_critic(model_id: str, critic: PatchCritic, models: Path = MODELS, seed: int = 1) -> None:
    """The patch critic: image and mask [1, 1, P, P] to `score` [1, 1, 16, 16]."""
    critic = critic.eval().float()
    fold = lambda layer: (layer.weight.detach().half().float(), layer.bias.detach().half().float())
    weights = [fold(layer) for layer in (*critic.layers, critic.fine, critic.coarse)]
    forward = models / f"{model_id}.onnx"
    export_forward(describe_critic(weights, critic.fold), [("image", 1), ("mask", 1)], forward, output="score", out_size="s")
    p = 64 * critic.fold
    image, mask = torch.from_numpy(golden_input(p, p, 1))[None, None], torch.from_numpy(golden_mask(p))[None, None]
    x = torch.cat([image * CRITIC_GAIN, mask], 1)
    if critic.fold > 1:
        x = F.pixel_unshuffle(x, critic.fold)
    maps = []
    for index, (w, b) in enumerate(weights[:-2]):
        x = F.leaky_relu(F.conv2d(x, w, b, 1 if index == 0 else 2, 1), 0.2)
        maps.append(x)
    fine, coarse = F.conv2d(maps[2], *weights[-2], padding=1), F.conv2d(x, *weights[-1], padding=1)
    want = ((fine + F.interpolate(coarse, fine.shape[2:], mode="nearest")) * (SCORE_GAIN / 2)).numpy()
    got = ort.InferenceSession(forward).run(["score"], {"image": image.numpy(), "mask": mask.numpy()})[0]
    if not np.abs(got - want).max() <= 2e-5 * max(1.0, np.abs(want).max()):
        raise ValueError(f"{model_id}: differs from torch by {np.abs(got - want).max()}")
    modality = "CT" if "-ct" in model_id else "MR"
    update_model({
        "id": model_id, "task": "realism", "modality": [modality], "scale": 1, "license": LICENCE[modality],
        "inputs": [{"name": "image", "shape": [1, 1, p, p], "range": [0, 1]},
                   {"name": "mask", "shape": [1, 1, p, p], "range": [0, 1]}],
        "outputs": [{"name": "score", "shape": [1, 1, 16, 16], "range": [-10, 10]}],
        "normalisation": NORMALISATION[modality], "halo": 0, "multipleOf": p, "patch": p, "opset": 18,
        "card": f"{model_id}.card.json", "variants": {"default": variant_entry(forward)},
    }, models)
    write_card(model_id, {**CARDS[model_id], "seed": seed}, models)
    golden = {"model": model_id, "variant": "default", "patch": p, "formula": FORMULA,
              "score": [[i, j, float(f"{want[0, 0, j, i]:.7g}")] for j in range(16) for i in range(16)]}
    (GOLDEN / f"{model_id}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{model_id}: {forward.stat().st_size} bytes")
