"""Every operation of the graph writer: forward and backward against torch autograd."""

import numpy as np
import onnxruntime as ort
import pytest
import torch
import torch.nn.functional as F

from verisim_lab.graph_files import export_pair

torch.manual_seed(0)


def w(*shape):
    return (torch.randn(*shape) * 0.3).half().float()


def compare(tmp_path, net, torch_net, inputs, wrt=None, half=True):
    """inputs: [(name, tensor)]; both nets take them in order."""
    specs = [(n, t.shape[1], *(["vector"] if t.dim() == 2 else [])) for n, t in inputs]
    names = [n for n, _ in inputs]
    wrt = wrt or names
    f, b = tmp_path / "f.onnx", tmp_path / "b.onnx"
    export_pair(net, specs, wrt, f, b, half=half)
    xs = [t.clone().requires_grad_(True) for _, t in inputs]
    y = torch_net(*xs)
    c = torch.randn_like(y)
    y.backward(c)
    feeds = {n: t.detach().numpy() for n, t in inputs}
    out = ort.InferenceSession(f).run(["output"], feeds)[0]
    scale = float(y.detach().abs().max())
    assert np.abs(out - y.detach().numpy()).max() <= 2e-6 * max(scale, 1)
    got = ort.InferenceSession(b).run([f"grad_{n}" for n in wrt] + ["output"], {**feeds, "cotangent": c.numpy()})
    assert np.abs(got[-1] - out).max() <= 2e-6 * max(scale, 1)
    for name, g in zip(wrt, got):
        want = xs[names.index(name)].grad.numpy()
        assert g.shape == want.shape
        assert np.abs(g - want).max() <= 1e-5 * np.abs(want).max(), name


IMAGE = torch.randn(1, 1, 16, 24)


@pytest.mark.parametrize("k,stride,pad,dilation,groups", [
    (3, 1, None, 1, 1), (5, 1, None, 1, 1), (3, 1, None, 2, 1), (1, 1, None, 1, 1), (3, 1, None, 1, 4),
    (3, 2, 1, 1, 1), (4, 2, 1, 1, 1), (2, 2, 0, 1, 1), (4, 4, 0, 1, 2)])
def test_conv(tmp_path, k, stride, pad, dilation, groups):
    x = torch.randn(1, 8, 16, 24)
    a, b = w(12, 8 // groups, k, k), w(12)
    p = dilation * (k - 1) // 2 if pad is None else pad
    compare(tmp_path, lambda g, x: g.conv(x, a, b, stride, pad, dilation, groups),
            lambda x: F.conv2d(x, a, b, stride, p, dilation, groups), [("image", x)])


@pytest.mark.parametrize("k,stride,pad", [(4, 2, 1), (2, 2, 0), (8, 4, 2)])
def test_conv_transpose(tmp_path, k, stride, pad):
    a, b = w(4, 3, k, k), w(3)
    compare(tmp_path, lambda g, x: g.conv_transpose(x, a, b, stride, pad),
            lambda x: F.conv_transpose2d(x, a, b, stride, pad), [("image", torch.randn(1, 4, 8, 10))])


def test_unet_like(tmp_path):
    """Concat, strides, nearest, skips, FiLM from z, masks, all activations, shuffles both ways."""
    wi, wd, wu, wo, wz, bz = w(16, 2, 3, 3), w(20, 16, 4, 4), w(16, 36, 3, 3), w(4, 16, 3, 3), w(16, 5), w(16)
    blur = torch.ones(1, 1, 3, 3) / 9

    def net(g, image, mask, z):
        f = g.leaky_relu(g.conv(g.concat(image, mask), wi), 0.1)
        f = g.mul(f, g.affine(g.unsqueeze(g.tanh(g.gemm(z, wz, bz))), 0.5, 1.0))
        d = g.relu(g.conv(f, wd, stride=2, pad=1))
        u = g.mul(g.conv(g.concat(g.upsample_nearest(d), f), wu), g.sigmoid(f))
        u = g.space_to_depth(g.depth_to_space(g.conv(u, wo), 2), 2)
        u = g.add(g.channels(u, 1, 2), g.upsample_nearest(g.average_pool(g.channels(u, 2, 3))))
        soft = g.clip(g.affine(g.conv(mask, blur, exact=True), 2.0, -1.0), 0.0, 1.0)
        return g.add(g.mul(image, g.sub(g.affine(mask, 0.0, 1.0), soft)), g.mul(soft, g.tanh(u)))

    def ref(image, mask, z):
        f = F.leaky_relu(F.conv2d(torch.cat([image, mask], 1), wi, padding=1), 0.1)
        f = f * (torch.tanh(F.linear(z, wz, bz)) * 0.5 + 1)[:, :, None, None]
        d = F.relu(F.conv2d(f, wd, stride=2, padding=1))
        u = F.conv2d(torch.cat([F.interpolate(d, scale_factor=2, mode="nearest"), f], 1), wu, padding=1)
        u = F.conv2d(u * torch.sigmoid(f), wo, padding=1)
        u = u[:, 1:2] + F.interpolate(F.avg_pool2d(u[:, 2:3], 2), scale_factor=2, mode="nearest")
        soft = (F.conv2d(mask, blur, padding=1) * 2 - 1).clamp(0, 1)
        return image * (1 - soft) + soft * torch.tanh(u)

    compare(tmp_path, net, ref, [("image", IMAGE), ("mask", torch.rand(1, 1, 16, 24)), ("z", torch.randn(1, 5))])


def test_identity_and_linear(tmp_path):
    """Identity gives identity back; a linear model's gradient is its kernel; sums reach both inputs."""
    compare(tmp_path, lambda g, x: g.affine(x, 1.0), lambda x: x * 1, [("image", IMAGE)])
    compare(tmp_path, lambda g, a, b: g.add(a, b), lambda a, b: a + b, [("image", IMAGE), ("mask", IMAGE * 2)])
    k = w(1, 1, 5, 5)
    compare(tmp_path, lambda g, x: g.conv(x, k), lambda x: F.conv2d(x, k, padding=2), [("image", IMAGE)])


def test_weight_rounding_is_shared(tmp_path):
    """float16 storage: forward and gradient hold the same rounded weights."""
    a = torch.randn(8, 1, 3, 3) * 0.3
    rounded = a.half().float()
    compare(tmp_path, lambda g, x: g.depth_to_space(g.conv(g.conv(x, a), rounded.repeat(1, 8, 1, 1)[:4]), 2),
            lambda x: F.pixel_shuffle(F.conv2d(F.conv2d(x, rounded, padding=1),
                                               rounded.repeat(1, 8, 1, 1)[:4], padding=1), 2), [("image", IMAGE)])


def test_refuses_what_does_not_depend(tmp_path):
    with pytest.raises(ValueError):
        export_pair(lambda g, x, m: g.affine(x, 2.0), [("image", 1), ("mask", 1)], ["mask"],
                    tmp_path / "f.onnx", tmp_path / "b.onnx")
