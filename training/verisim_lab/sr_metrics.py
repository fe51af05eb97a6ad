"""PSNR, SSIM, HaarPSI and spectrum error as the project defines them.

All take [H,W] arrays in model range (peak 1: MR p99.5 - p0.5 of the series, CT
4096 HU), clamp both to 0..1 and leave an 8-pixel border out.
"""

import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter

BORDER = 8


def prepare(image: np.ndarray, border: int = BORDER) -> np.ndarray:
    """Clamped to 0..1, border left out, float64."""
    h, w = image.shape
    return np.clip(image.astype(np.float64), 0, 1)[border: h - border, border: w - border]


def psnr(reference: np.ndarray, result: np.ndarray, border: int = BORDER) -> float:
    """dB with peak 1."""
    mse = np.mean((prepare(reference, border) - prepare(result, border)) ** 2)
    return float(10 * np.log10(1 / max(mse, 1e-12)))


def ssim(reference: np.ndarray, result: np.ndarray) -> float:
    """Wang et al. 2004: Gaussian window sigma 1.5 (11x11), K1 0.01, K2 0.03, peak 1."""
    x, y = prepare(reference, 0), prepare(result, 0)
    blur = lambda a: gaussian_filter(a, 1.5, truncate=3.5)
    mx, my = blur(x), blur(y)
    vx, vy, cov = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    m = ((2 * mx * my + c1) * (2 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(m[BORDER:-BORDER, BORDER:-BORDER].mean())


def _haar(image: np.ndarray, scale: int, axis: int) -> np.ndarray:
    n = 2**scale
    step = np.r_[-np.ones(n // 2), np.ones(n // 2)]
    out = correlate1d(image, np.ones(n), axis=1 - axis, mode="constant")
    return np.abs(correlate1d(out, step, axis=axis, mode="constant") / n)


def haarpsi(reference: np.ndarray, result: np.ndarray) -> float:
    """Reisenhofer et al. 2018, on a 0..255 scale: C = 30, alpha = 4.2, halved once first."""
    half = lambda a: (a[::2, ::2][: a.shape[0] // 2, : a.shape[1] // 2] + a[1::2, ::2][: a.shape[0] // 2, : a.shape[1] // 2]
                      + a[::2, 1::2][: a.shape[0] // 2, : a.shape[1] // 2]
                      + a[1::2, 1::2][: a.shape[0] // 2, : a.shape[1] // 2]) / 4
    x, y = (half(prepare(a) * 255) for a in (reference, result))
    c, alpha, top, bottom = 30.0, 4.2, 0.0, 0.0
    for axis in (0, 1):
        local = 0.0
        for scale in (1, 2):
            a, b = _haar(x, scale, axis), _haar(y, scale, axis)
            local = local + (2 * a * b + c) / (a * a + b * b + c) / 2
        weight = np.maximum(_haar(x, 3, axis), _haar(y, 3, axis))
        top += (weight / (1 + np.exp(-alpha * local))).sum()
        bottom += weight.sum()
    mean = min(top / max(bottom, 1e-12), 1 - 1e-12)
    return float((np.log(mean / (1 - mean)) / alpha) ** 2)


def radial_power(image: np.ndarray, bins: int = 48) -> np.ndarray:
    """Radially averaged power in dB up to Nyquist, after a Hann window."""
    x = prepare(image)
    h, w = x.shape
    x = (x - x.mean()) * np.hanning(h)[:, None] * np.hanning(w)[None]
    p = np.abs(np.fft.fft2(x)) ** 2 / x.size
    r = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None]) * 2
    index = np.minimum((r * bins).astype(int), bins)
    total = np.bincount(index.ravel(), p.ravel(), bins + 1)[:bins]
    return 10 * np.log10(total / np.maximum(np.bincount(index.ravel(), minlength=bins + 1)[:bins], 1) + 1e-10)


def spectrum_error(reference: np.ndarray, result: np.ndarray) -> float:
    """Mean absolute difference of the radial power, in dB."""
    return float(np.abs(radial_power(reference) - radial_power(result)).mean())
