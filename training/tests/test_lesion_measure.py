"""Measures with known answers, and the fixed split."""

import numpy as np
import pytest
import torch

from verisim_lab.lesion_detect import auc_between, centred
from verisim_lab.lesion_infer import on_grid
from verisim_lab.lesion_measure import biharmonic, describe_lesion, dice, interval, ms_ssim, signature
from verisim_lab.lesion_pairs import extent, lung_of, move
from verisim_lab.lesion_split import draw_fraction, is_held_out, split_patients


def disc(n=48, r=8, cy=24, cx=24):
    y, x = np.mgrid[:n, :n]
    return (y - cy) ** 2 + (x - cx) ** 2 < r * r


def test_split_is_pinned():
    """A change of salt or share would put held-out patients into training."""
    ids = [f"LIDC-IDRI-{i:04d}" for i in range(1, 1011)]
    train, held = split_patients("nodule", ids)
    assert len(held) == 182 and held[:3] == ["LIDC-IDRI-0021", "LIDC-IDRI-0022", "LIDC-IDRI-0024"]
    assert sorted(train + held) == ids
    assert is_held_out("glioma", "TCGA_CS_4944") and not is_held_out("glioma", "TCGA_CS_4941")


def test_a_seeded_draw_repeats_and_differs_between_seeds():
    ids = [f"p{i}" for i in range(100)]
    assert draw_fraction(ids, 0.1, 1) == draw_fraction(ids[::-1], 0.1, 1)
    assert len(draw_fraction(ids, 0.1, 1)) == 10 and draw_fraction(ids, 0.1, 1) != draw_fraction(ids, 0.1, 2)


def test_contrast_and_edge_of_a_flat_disc():
    mask = disc()
    got = describe_lesion(np.where(mask, 0.8, 0.2), mask)
    assert got["mean"] == pytest.approx(0.8) and got["contrast"] == pytest.approx(0.6) and got["edge step"] == pytest.approx(0.6)
    assert got["spread"] == pytest.approx(0, abs=1e-9)


def test_ms_ssim_is_one_for_the_same_and_lower_for_another():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 40, 40))
    assert ms_ssim(a, a) == pytest.approx(1)
    assert ms_ssim(a, b) < 0.5


def test_signature_is_the_same_wherever_the_lesion_lies():
    image = np.random.default_rng(1).random((48, 48))
    mask = disc(r=6)
    moved = np.roll(mask, (5, -7), (0, 1))
    assert np.allclose(signature(image, mask), signature(np.roll(image, (5, -7), (0, 1)), moved))
    assert len(signature(image, mask)) == 576


def test_dice_and_interval():
    a = disc()
    assert dice(a, a) == 1 and dice(a, ~a) == 0
    mean, (low, high) = interval([1, 1, 0, 0], ["a", "a", "b", "b"])
    assert mean == 0.5 and low <= 0.5 <= high


def test_rounding_to_the_grid_leaves_the_outside_alone():
    image = np.float32(0.25) + 0.1 * np.arange(16, dtype=np.float32).reshape(4, 4)
    mask = np.zeros((4, 4), bool)
    mask[1, 1] = True
    out = on_grid(image + 0.031, image, mask, 0.1, 0.25)
    assert np.array_equal(out[~mask], image[~mask])
    assert out[1, 1] == pytest.approx(image[1, 1], abs=1e-6)


def test_biharmonic_fill_restores_a_plane():
    y, x = np.mgrid[:20, :20]
    plane = (0.01 * x + 0.02 * y).astype(np.float32)
    holed = np.where(disc(20, 4, 10, 10), 9, plane)
    assert np.abs(biharmonic(holed, disc(20, 4, 10, 10)) - plane).max() < 1e-3


def test_lung_is_inner_air_only():
    image = np.full((200, 200), -0.9, np.float32)
    image[20:180, 20:180] = 0.75
    image[60:140, 60:140] = 0.1
    lung = lung_of(image)
    assert lung[100, 100] and not lung[5, 5] and not lung[30, 30]


def test_move_keeps_the_shape_or_refuses():
    mask = disc(r=6)
    moved = move(mask, (30, 30), 15, 12)
    assert moved.sum() == mask.sum() and extent(moved) == extent(mask)
    assert move(mask, (30, 30), 2, 12) is None


def test_crops_are_centred_on_the_mask():
    image, mask = np.random.rand(64, 64), disc(64, 5, 20, 40)
    _, m = centred(image, mask, 32)
    ys, xs = np.where(m)
    assert m.sum() == mask.sum() and abs(ys.mean() - 16) < 1 and abs(xs.mean() - 16) < 1


def test_detector_finds_a_planted_difference_and_none_where_there_is_none():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    make = lambda n, k: torch.stack([0.1 * torch.randn(n, 24, 24) + k, torch.ones(n, 24, 24)], 1)
    sets = lambda k: [(make(n, 0.0), make(n, k)) for n in (96, 48, 64)]
    assert auc_between(*sets(0.5), most_epochs=4)[0] > 0.95
    assert 0.3 < auc_between(*sets(0.0), most_epochs=2)[0] < 0.7
