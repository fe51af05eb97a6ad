"""The painters' promises: nothing outside the mask, nothing seen under it where that is promised, files equal to torch."""

import numpy as np
import pytest
import torch

from verisim_lab import lesion_export
from verisim_lab.lesion_export import export_critic, export_painter, golden_mask, golden_noise, load_critic
from verisim_lab.lesion_judge import BAND, Judge, Replay, Windows, steepness
from verisim_lab.lesion_net import Z_LENGTH, LesionNet, PatchCritic, critic_weights, soften
from verisim_lab.segment_export import export_segmenter
from verisim_lab import segment_export
from verisim_lab.segment_net import ConvUnit, SegmentNet, folded_conv, receptive_radius

SMALL = (8, 12, 16, 16)


def case(patch=64, seed=0):
    torch.manual_seed(seed)
    mask = torch.from_numpy(golden_mask(patch))[None, None]
    return torch.rand(1, 1, patch, patch), mask, torch.randn(1, Z_LENGTH)


def test_softened_mask_is_zero_outside_and_one_deep_inside():
    mask = torch.zeros(1, 1, 20, 20)
    mask[:, :, 5:15, 4:16] = 1
    soft = soften(mask)
    assert torch.all(soft[mask == 0] == 0)
    assert soft[0, 0, 9, 9] == 1
    assert soft[0, 0, 5, 9] == 11 / 16  # straight edge
    assert soft.min() >= 0 and soft.max() <= 1


def test_pixels_outside_the_mask_come_back_bit_for_bit():
    image, mask, z = case()
    net = LesionNet(64, SMALL)
    out = net(image, mask, z)
    assert torch.equal(out[mask == 0], image[mask == 0])
    assert not torch.equal(out[mask == 1], image[mask == 1])


def test_what_a_remover_paints_does_not_depend_on_what_the_mask_hides():
    image, mask, _ = case()
    net = LesionNet(64, SMALL, noise=False)
    other = torch.where(mask == 1, torch.rand_like(image), image)
    assert torch.equal(net.paint(image, mask, None), net.paint(other, mask, None))
    outside = torch.where(mask == 0, torch.rand_like(image), image)
    assert not torch.equal(net.paint(image, mask, None), net.paint(outside, mask, None))


def test_an_inserter_keeps_the_place_where_it_adds_nothing():
    image, mask, z = case()
    net = LesionNet(64, SMALL)
    torch.nn.init.zeros_(net.head.weight)
    assert torch.equal(net(image, mask, z), image)
    torch.nn.init.constant_(net.head.bias, 0.2)
    assert torch.allclose(net(image, mask, z), image + 0.2 * soften(mask))
    torch.nn.init.normal_(net.head.weight, std=0.3)
    other = torch.where(mask == 1, torch.rand_like(image), image)
    assert not torch.equal(net.paint(image, mask, z), net.paint(other, mask, z))  # it sees what is under the mask


def test_both_parts_of_z_matter():
    image, mask, z = case()
    net = LesionNet(64, SMALL)
    torch.nn.init.normal_(net.head.weight, std=0.3)
    base = net(image, mask, z)
    for part in (slice(0, 64), slice(64, None)):
        changed = z.clone()
        changed[:, part] *= -1
        assert (net(image, mask, changed) - base).abs().max() > 1e-4


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for module in (lesion_export, segment_export):
        monkeypatch.setattr(module, "WARM", tmp_path)
        monkeypatch.setattr(module, "GOLDEN", tmp_path)
    return tmp_path


@pytest.mark.parametrize("model_id, patch, widths, noise", [
    ("lesion-insert-ct-nodule", 64, SMALL, True), ("lesion-insert-mr-glioma", 128, (8, 8, 12, 12), True),
    ("lesion-remove-ct", 64, SMALL, False)])
def test_exported_painter_equals_torch_in_value_and_gradient(folder, model_id, patch, widths, noise):
    torch.manual_seed(1)
    net = LesionNet(patch, widths, noise)
    torch.nn.init.normal_(net.head.weight, std=0.2)
    for layer in net.coarse if noise else ():
        torch.nn.init.normal_(layer.weight, std=0.2)
    export_painter(model_id, net, folder)  # raises where the files differ from torch
    with torch.no_grad():  # and the check itself is able to fail
        net.head.bias += 0.01
    with pytest.raises(ValueError, match="differs from torch"):
        lesion_export.compare(model_id, net, folder / f"{model_id}.onnx", folder / f"{model_id}-gradient.onnx")


@pytest.mark.parametrize("patch", [64, 128])
def test_exported_critic_equals_torch(folder, patch):
    torch.manual_seed(2)
    critic = PatchCritic(patch, (8, 12, 16, 16))
    for _ in range(60):  # its spectral norm settles
        critic(torch.rand(1, 1, patch, patch), torch.rand(1, 1, patch, patch))
    export_critic("realism-lesion-ct", critic, folder)  # raises where the file differs from torch
    assert (folder / "realism-lesion-ct.onnx").exists()
    again = PatchCritic(patch, (8, 12, 16, 16))
    load_critic(again, folder / "realism-lesion-ct.onnx")
    image, mask = torch.rand(1, 1, patch, patch), torch.ones(1, 1, patch, patch)
    for ours, theirs in zip(again.eval()(image, mask), critic.eval()(image, mask), strict=True):  # up to the float16 of the file
        assert torch.allclose(ours, theirs, atol=0.02 * theirs.abs().max().item())
    with pytest.raises(ValueError, match="belongs"):
        load_critic(PatchCritic(patch, (8, 12, 16, 24)), folder / "realism-lesion-ct.onnx")


def test_a_window_holds_a_small_lesion_with_its_margin_and_lies_on_a_large_one():
    rng = np.random.default_rng(1)
    mask = torch.zeros(60, 1, 64, 64)
    mask[:30, :, 20:30, 8:20] = 1
    mask[30:, :, 4:60, 10:62] = 1
    cut = Windows(mask, 40, rng)
    assert torch.all(cut(mask)[:30].sum((1, 2, 3)) == 120)
    assert len({tuple(at) for at in cut.at[:30]}) > 5
    for y, x in cut.at[:30]:
        assert y <= 20 - BAND and y + 40 >= 30 + BAND and x + 40 >= 20 + BAND
    assert torch.all(cut(mask)[30:].mean((1, 2, 3)) > 0.5)
    assert torch.equal(cut(torch.arange(64.0).expand(60, 1, 64, 64))[:, 0, 0, 0], torch.tensor([float(x) for _, x in cut.at]))


def test_replay_gives_older_windows_beside_the_new_and_forgets():
    rng, replay = np.random.default_rng(0), Replay(keep=6)
    one = lambda v: torch.full((4, 1, 8, 8), float(v))
    assert len(replay.swap(one(1), one(0), 3, rng)[0]) == 4
    image, _ = replay.swap(one(2), one(0), 3, rng)
    assert image[:, 0, 0, 0].tolist() == [2] * 4 + [1] * 3
    assert len(replay.kept) == 6


@pytest.mark.parametrize("fold", [1, 2])
def test_the_judge_sees_the_lesion_and_eight_pixels_and_its_steepness_has_a_gradient(fold):
    torch.manual_seed(4)
    judge, mask = Judge(fold), torch.zeros(2, 1, 48, 48)
    mask[:, :, 20:28, 20:28] = 1
    image = torch.rand(2, 1, 48, 48)
    far, near = image.clone(), image.clone()
    far[:, :, :20 - BAND - 1] = 0
    near[:, :, 20 - BAND] = 0
    assert torch.equal(judge(far, mask), judge(image, mask))
    assert not torch.equal(judge(near, mask), judge(image, mask))
    image.requires_grad_(True)
    steepness(judge(image, mask), image).backward()
    assert judge.body[0].weight.grad.abs().sum() > 0


def test_critic_weights_sum_to_one_near_the_mask_only():
    mask = torch.from_numpy(golden_mask(64))[None, None]
    for w in critic_weights(mask):
        assert abs(w.sum().item() - 1) < 1e-6
        assert w[0, 0, 0, 0] == 0


def test_exported_segmenter_equals_torch_with_batch_norm_folded(folder):
    torch.manual_seed(3)
    net = SegmentNet((8, 8, 12, 12))
    net.train()
    for _ in range(3):
        net(torch.rand(4, 1, 32, 32))
    export_segmenter("segment-ct-nodule", net, folder)
    unit = ConvUnit(2, 3).eval()
    unit[1].running_mean.uniform_(-1, 1)
    unit[1].running_var.uniform_(0.5, 2)
    x = torch.rand(1, 2, 9, 9)
    w, b = folded_conv(unit)
    assert torch.allclose(unit[1](unit[0](x)), torch.nn.functional.conv2d(x, w, b, padding=1), atol=1e-5)


def test_receptive_radius_covers_what_a_pixel_sees():
    net = SegmentNet((4, 4, 4)).eval()
    for p in net.parameters():
        p.data.abs_()
    radius = receptive_radius(3)
    x = torch.rand(1, 1, 128, 128, requires_grad=True)
    for at in (60, 61, 62, 63, 64):
        (g,) = torch.autograd.grad(net(x)[0, 0, at, at], x)
        ys, xs = np.where(g[0, 0].numpy() != 0)
        assert max(at - ys.min(), ys.max() - at, at - xs.min(), xs.max() - at) <= radius


def test_golden_inputs_are_exact_in_float32():
    z = golden_noise()
    assert z.dtype == np.float32 and len(z) == Z_LENGTH and abs(z).max() <= 2
    assert golden_mask(128).sum() > 4 * golden_mask(64).sum() * 0.9
