"""The half-pixel grid: where low-res samples lie, and what the baselines undo."""

import numpy as np
import pytest
import torch

from verisim_lab.sr_degrade import (degrade_bicubic, degrade_kspace, enlarge_bicubic, make_consistent, resample_kspace,
                                    zero_fill)
from verisim_lab.sr_network import skip_kernel


@pytest.mark.parametrize("s", [2, 4])
def test_low_samples_lie_in_the_centre_of_their_block(s):
    """A ramp stays a ramp, sampled at s*i + (s-1)/2."""
    ramp = torch.arange(64.0).repeat(64, 1)[None, None]
    low = degrade_bicubic(ramp, s)[0, 0, 8].numpy()
    want = s * np.arange(64 // s) + (s - 1) / 2
    assert np.abs(low - want)[3:-3].max() < 1e-4


@pytest.mark.parametrize("s", [2, 4])
def test_kspace_samples_lie_there_too(s):
    """A band-limited wave is sampled exactly at s*i + (s-1)/2, and zero-filling gives it back."""
    n = 64
    x = np.arange(n)
    wave = lambda t: np.cos(2 * np.pi * 3 * t / n + 0.7) + 0.3
    image = np.tile(wave(x), (n, 1))
    low = degrade_kspace(image, s)
    at = s * np.arange(n // s) + (s - 1) / 2
    assert np.abs(low - wave(at)[None]).max() < 1e-5
    assert np.abs(zero_fill(low, s) - image).max() < 1e-5
    assert np.abs(degrade_kspace(image.T, s) - low.T).max() < 1e-5


def test_mean_is_kept_and_resample_keeps_levels():
    rng = np.random.default_rng(0)
    image = rng.random((48, 64))
    assert degrade_kspace(image, 2).mean() == pytest.approx(image.mean(), abs=1e-6)
    assert resample_kspace(image, 32, 40).mean() == pytest.approx(image.mean(), abs=1e-6)
    assert resample_kspace(np.full((48, 64), 2.5), 32, 40) == pytest.approx(2.5)


def test_both_tracks_share_a_grid():
    """No shift between the tracks: the cross-correlation of both peaks at zero, symmetrically."""
    y, x = np.mgrid[:96, :96]
    blob = np.exp(-((y - 50.3) ** 2 + (x - 41.8) ** 2) / 60)
    a = degrade_bicubic(torch.from_numpy(blob.astype(np.float32))[None, None], 2)[0, 0].numpy()
    b = degrade_kspace(blob, 2)
    centre = lambda m: [(m * g).sum() / m.sum() for g in np.mgrid[: m.shape[0], : m.shape[1]]]
    assert np.abs(np.subtract(centre(a), centre(b))).max() < 1e-3


@pytest.mark.parametrize("s", [2, 4])
def test_skip_is_bicubic_enlargement(s):
    x = torch.rand(1, 1, 20, 24)
    y = torch.nn.functional.pixel_shuffle(torch.nn.functional.conv2d(x, skip_kernel(s), padding=2), s)
    m = 2 * s
    assert (y - enlarge_bicubic(x, s))[..., m:-m, m:-m].abs().max() < 1e-5


@pytest.mark.parametrize("s", [2, 4])
@pytest.mark.parametrize("track", ["I", "K"])
def test_consistent_result_reduces_to_the_input_and_moves_no_further_than_it_must(s, track):
    rng = np.random.default_rng(3)
    high, guess = rng.random((32, 48)).astype(np.float32), rng.random((32, 48)).astype(np.float32)
    reduce = lambda x: degrade_kspace(x, s) if track == "K" else degrade_bicubic(torch.from_numpy(x)[None, None], s)[0, 0].numpy()
    low = reduce(high)
    out = make_consistent(guess, low, s, track)
    assert np.abs(reduce(out) - low).max() < (0.1 if track == "K" else 1e-4)  # K: an eighth of the Nyquist terms is left
    assert np.linalg.norm(out - high) < np.linalg.norm(guess - high)  # a projection never moves away from the truth
    assert np.allclose(make_consistent(high, low, s, track), high, atol=1e-4)
