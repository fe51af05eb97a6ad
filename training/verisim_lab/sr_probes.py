"""Two probes of what a super-resolution network does to lesions and to nothing.

Planted lesions: soft discs of 3-6 low-res pixels, bright or dark, are put into
the high-res slice before it is reduced; how much of their contrast comes back?
Blank tissue: a flat slice with white noise; does anything appear that the
reference does not have?
"""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, label

from .sr_degrade import degrade_bicubic, degrade_kspace


def reduce(high: np.ndarray, scale: int, track: str) -> np.ndarray:
    """High-res slice -> low-res slice on track I or K."""
    if track == "K":
        return degrade_kspace(high, scale)
    return degrade_bicubic(torch.from_numpy(high)[None, None], scale)[0, 0].numpy()


def planted_contrast(net, high: np.ndarray, scale: int, track: str, rng, count: int = 6) -> list[float]:
    """Contrast that comes back over contrast planted (1 is right), for each lesion."""
    h, w = high.shape
    yy, xx = np.mgrid[:h, :w]
    smooth = gaussian_filter(high, 3 * scale)
    places = np.argwhere((smooth > 0.25) & (smooth < 0.9))
    margin = 12 * scale
    places = places[(places > margin).all(1) & (places[:, 0] < h - margin) & (places[:, 1] < w - margin)]
    ratios = []
    if len(places) < 50:
        return ratios
    before = net(reduce(high, scale, track))
    for _ in range(count):
        y, x = places[rng.integers(len(places))]
        radius = rng.uniform(3, 6) / 2 * scale
        r = np.hypot(yy - y, xx - x)
        disc = np.clip((radius - r) / scale + 0.5, 0, 1).astype(np.float32)  # edge one low-res pixel wide
        contrast = rng.uniform(0.1, 0.25) * rng.choice([-1, 1])
        after = net(reduce(high + np.float32(contrast) * disc, scale, track))
        core = disc > 0.5
        ratios.append(float((after - before)[core].sum() / (contrast * disc[core]).sum()))
    return ratios


def blank_blobs(net, scale: int, track: str, unit: float, rng, size: int = 256) -> dict:
    """Blobs wider than three low-res pixels in flat tissue with white noise, against the noisy reference itself."""
    found, expected, spread = 0, 0, []
    for _ in range(4):
        reference = (0.4 + unit * 0.02 * rng.standard_normal((size, size))).astype(np.float32)
        result = net(reduce(reference, scale, track))
        blur = lambda a: gaussian_filter(a.astype(np.float64) - 0.4, 1.5 * scale)[16:-16, 16:-16]
        a, b = blur(reference), blur(result)
        limit = 3.5 * a.std()
        expected += label(np.abs(a) > limit)[1]
        found += label(np.abs(b) > limit)[1]
        spread.append(b.std() / a.std())
    return {"blobs": found, "blobsInReference": expected, "spreadRatio": round(float(np.mean(spread)), 4)}
