"""The network: strictly local, homogeneous, folded and exported without change."""

import json

import numpy as np
import onnxruntime as ort
import pytest
import torch

from verisim_lab.manifest import MODELS, check_manifest, read_manifest, update_model, variant_entry
from verisim_lab.sr_export import GOLDEN, check, describe, fused, golden_input
from verisim_lab.graph_files import export_pair
from verisim_lab.sr_network import SrNet
from verisim_lab.sr_realism import PatchCritic, reach, run_plain
from verisim_lab.sr_realism import describe as describe_critic


@pytest.fixture(params=[2, 4])
def net(request):
    torch.manual_seed(3)
    return SrNet(request.param, 16, (1, 2)).eval()


def test_receptive_field_is_the_halo(net):
    x = torch.rand(1, 1, 25, 25, requires_grad=True)
    s, h = net.scale, net.halo
    net(x)[0, 0, 12 * s: 13 * s, 12 * s: 13 * s].sum().backward()
    seen = x.grad[0, 0] != 0
    outside = seen.clone()
    outside[12 - h: 13 + h, 12 - h: 13 + h] = False
    assert seen.any() and not outside.any()


def test_homogeneous(net):
    x = torch.rand(1, 1, 20, 20)
    assert torch.allclose(net(x * 4), net(x) * 4, atol=1e-4)


def test_collapsed_state_computes_the_same(net):
    other = SrNet(net.scale, 16, (1, 2))
    assert other.load_collapsed(net.collapsed()) == []
    x = torch.rand(1, 1, 20, 20)
    assert torch.allclose(other(x), net(x), atol=1e-5)


def test_export_equals_torch(net, tmp_path):
    kernels = fused(net)
    f, b = tmp_path / "f.onnx", tmp_path / "b.onnx"
    export_pair(describe(kernels, net), [("image", 1)], ["image"], f, b)
    check(f, b, net, kernels)


def test_gradient_against_finite_differences(net, tmp_path):
    kernels = fused(net)
    f, b = tmp_path / "f.onnx", tmp_path / "b.onnx"
    export_pair(describe(kernels, net), [("image", 1)], ["image"], f, b)
    x = torch.rand(1, 1, 24, 24, dtype=torch.float64)
    c = torch.randn(1, 1, 24 * net.scale, 24 * net.scale, dtype=torch.float64)
    grad = ort.InferenceSession(b).run(["grad_image"], {"image": x.numpy().astype("f"), "cotangent": c.numpy().astype("f")})[0]
    k64, e = [k.double() for k in kernels], 1e-6
    net.double()
    d = torch.randn(1, 1, 24, 24, dtype=torch.float64)
    value = lambda x: float((run64(k64, net, x) * c).sum())
    slope = (value(x + e * d) - value(x - e * d)) / (2 * e)
    assert slope == pytest.approx(float((torch.from_numpy(grad).double() * d).sum()), rel=1e-3)


def run64(kernels, net, x):
    import torch.nn.functional as F
    f = first = F.leaky_relu(F.conv2d(x, kernels[0], padding=1), 0.1)
    for k, d in zip(kernels[1:-1], net.dilations):
        f = F.leaky_relu(F.conv2d(f, k, padding=d, dilation=d), 0.1)
    return F.pixel_shuffle(F.conv2d(f + first, kernels[-1], padding=1) + F.conv2d(x, net.skip, padding=2), net.scale)


def test_manifest_round_trip(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"one")
    (tmp_path / "m.card.json").write_text("{}")
    base = {"id": "m", "card": "m.card.json"}
    update_model({**base, "variants": {"faithful": variant_entry(tmp_path / "m.onnx")}}, tmp_path)
    update_model({**base, "variants": {"perceptual": variant_entry(tmp_path / "m.onnx")}}, tmp_path)
    assert list(read_manifest(tmp_path)["models"][0]["variants"]) == ["faithful", "perceptual"]
    assert check_manifest(tmp_path) == []
    (tmp_path / "m.onnx").write_bytes(b"two")
    assert len(check_manifest(tmp_path)) == 2


SHIPPED = [(m, v) for m in read_manifest()["models"] if m["task"] == "super-resolution" for v in m["variants"]]


@pytest.mark.skipif(not SHIPPED, reason="no super-resolution model has been exported yet")
@pytest.mark.parametrize("entry,variant", SHIPPED, ids=lambda x: x if isinstance(x, str) else x["id"])
def test_shipped_model_gives_its_golden_values(entry, variant):
    g = json.loads((GOLDEN / (entry["id"] + ("" if variant == "faithful" else f"-{variant}") + ".json")).read_text())
    v, h, w, s = entry["variants"][variant], g["height"], g["width"], g["scale"]
    image = golden_input(h, w, 1)[None, None]
    cotangent = golden_input(h * s, w * s, 2)[None, None] - np.float32(0.5)
    out = ort.InferenceSession(MODELS / v["file"]).run(["output"], {"image": image})[0]
    grad = ort.InferenceSession(MODELS / v["gradient"]["file"]).run(["grad_image"], {"image": image, "cotangent": cotangent})[0]
    assert np.abs(out.ravel() - g["output"]).max() < 2e-5
    assert np.abs(grad.ravel() - g["gradImage"]).max() < 1e-4 * np.abs(g["gradImage"]).max()


@pytest.mark.skipif(not read_manifest()["models"], reason="no model has been exported yet")
def test_manifest_describes_the_files():
    assert check_manifest() == []


REALISM = [m for m in read_manifest()["models"] if m["id"] in ("realism-mr", "realism-ct")]


def test_critic_sees_no_further_than_its_halo():
    critic = PatchCritic().eval()
    x = torch.rand(1, 1, 96, 96, requires_grad=True)
    critic(x)[0, 0, 12, 12].backward()
    seen = torch.nonzero(x.grad[0, 0])
    assert seen.min() >= 48 - reach() and seen.max() <= 51 + reach()


def test_critic_export_equals_torch(tmp_path):
    weights = PatchCritic().eval().plain()
    f, b = tmp_path / "f.onnx", tmp_path / "b.onnx"
    export_pair(describe_critic(weights), [("image", 1)], ["image"], f, b, output="score", out_size="s")
    x = torch.rand(1, 1, 40, 48, requires_grad=True)
    y = run_plain(weights, x)
    y.sum().backward()
    feeds = {"image": x.detach().numpy()}
    assert np.abs(ort.InferenceSession(f).run(["score"], feeds)[0] - y.detach().numpy()).max() < 1e-5
    g = ort.InferenceSession(b).run(["grad_image"], {**feeds, "cotangent": np.ones(y.shape, np.float32)})[0]
    assert np.abs(g - x.grad.numpy()).max() < 1e-4 * x.grad.abs().max()


@pytest.mark.skipif(not REALISM, reason="no realism model has been exported yet")
@pytest.mark.parametrize("entry", REALISM, ids=lambda m: m["id"])
def test_realism_model_gives_its_golden_values(entry):
    g = json.loads((GOLDEN / f"{entry['id']}.json").read_text())
    v, h, w, s = entry["variants"]["default"], g["height"], g["width"], g["stride"]
    image = golden_input(h, w, 1)[None, None]
    cotangent = golden_input(h // s, w // s, 2)[None, None] - np.float32(0.5)
    out = ort.InferenceSession(MODELS / v["file"]).run(["score"], {"image": image})[0]
    grad = ort.InferenceSession(MODELS / v["gradient"]["file"]).run(["grad_image"], {"image": image, "cotangent": cotangent})[0]
    assert np.abs(out.ravel() - g["output"]).max() < 2e-5 * max(1, np.abs(g["output"]).max())
    assert np.abs(grad.ravel() - g["gradImage"]).max() < 1e-4 * np.abs(g["gradImage"]).max()
