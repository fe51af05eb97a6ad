"""How a low-resolution slice is made from a high-resolution one.

Both tracks use the half-pixel grid: low-res sample i lies at high-res
coordinate s*i + (s - 1)/2, in the centre of its s*s high-res pixels.
Track I: bicubic with antialiasing (a = -0.5). Track K: truncation of the
k-space of the whole slice (never of a patch).
"""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F


def degrade_bicubic(image: torch.Tensor, scale: int) -> torch.Tensor:
    """Track I. image [N,C,H,W], H and W multiples of scale -> [N,C,H/s,W/s]."""
    h, w = image.shape[-2] // scale, image.shape[-1] // scale
    return F.interpolate(image, size=(h, w), mode="bicubic", antialias=True, align_corners=False)


def enlarge_bicubic(image: torch.Tensor, scale: int) -> torch.Tensor:
    """Baseline of track I: bicubic (a = -0.5) on the same grid. [N,C,H,W] -> [N,C,sH,sW]."""
    h, w = image.shape[-2] * scale, image.shape[-1] * scale
    return F.interpolate(image, size=(h, w), mode="bicubic", antialias=True, align_corners=False)


def _phase(n_low: int, shift: float, n_high: int) -> np.ndarray:
    k = np.fft.fftfreq(n_low) * n_low
    return np.exp(2j * np.pi * k * shift / n_high)


def _tukey(n: int, alpha: float) -> np.ndarray:
    """Tukey window over n k-space samples in FFT order, 1 in the centre."""
    x = np.abs(np.fft.fftfreq(n)) * 2
    edge = 1 - alpha
    return np.where(x <= edge, 1.0, 0.5 * (1 + np.cos(np.pi * (x - edge) / max(alpha, 1e-6))))


def _crop(k: np.ndarray, n: int, axis: int) -> np.ndarray:
    """Keep the n central frequencies (FFT order, n even) along an axis."""
    k = np.moveaxis(k, axis, -1)
    k = np.concatenate([k[..., : n // 2], k[..., -(n // 2):]], -1)
    return np.moveaxis(k, -1, axis)


def _fill(k: np.ndarray, n: int, axis: int) -> np.ndarray:
    """Put FFT-order samples into n by zero-filling."""
    k = np.moveaxis(k, axis, -1)
    m = k.shape[-1]
    out = np.zeros(k.shape[:-1] + (n,), k.dtype)
    out[..., : m // 2] = k[..., : m // 2]
    out[..., -(m // 2):] = k[..., -(m // 2):]
    return np.moveaxis(out, -1, axis)


def degrade_kspace(image: np.ndarray, scale: int, tukey: float = 0.0) -> np.ndarray:
    """Track K. Real image [...,H,W] (H/s and W/s even) -> [...,H/s,W/s], float32.

    Central 1/s of k-space, phase ramp of (s-1)/2 high-res pixels, real part, / s^2.
    `tukey` > 0 tapers what is kept (training only).
    """
    h, w = image.shape[-2:]
    lh, lw = h // scale, w // scale
    k = np.fft.fft2(image.astype(np.float64))
    k = _crop(_crop(k, lh, -2), lw, -1)
    shift = (scale - 1) / 2
    k = k * _phase(lh, shift, h)[:, None] * _phase(lw, shift, w)[None, :]
    if tukey > 0:
        k = k * _tukey(lh, tukey)[:, None] * _tukey(lw, tukey)[None, :]
    return (np.fft.ifft2(k).real / scale**2).astype(np.float32)


def zero_fill(image: np.ndarray, scale: int) -> np.ndarray:
    """Baseline of track K: zero-filled k-space with the same ramp undone. [...,h,w] -> [...,sh,sw]."""
    lh, lw = image.shape[-2:]
    h, w = lh * scale, lw * scale
    k = np.fft.fft2(image.astype(np.float64))
    shift = (scale - 1) / 2
    k = k * np.conj(_phase(lh, shift, h))[:, None] * np.conj(_phase(lw, shift, w))[None, :]
    k = _fill(_fill(k, h, -2), w, -1)
    return (np.fft.ifft2(k).real * scale**2).astype(np.float32)


def resample_kspace(image: np.ndarray, h: int, w: int) -> np.ndarray:
    """Crop k-space to h*w (even, not larger): the slice as a coarser scan would have seen it."""
    H, W = image.shape[-2:]
    k = _crop(_crop(np.fft.fft2(image.astype(np.float64)), h, -2), w, -1)
    return (np.fft.ifft2(k).real * (h * w) / (H * W)).astype(np.float32)


@lru_cache(maxsize=32)
def _bicubic_inverse(n_low: int, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """One axis of track I as a matrix [n, s*n], and its pseudo-inverse D' (D D')^-1."""
    impulses = torch.eye(n_low * scale, dtype=torch.float64)[:, None, None, :].repeat(1, 1, scale, 1)
    forward = degrade_bicubic(impulses, scale)[:, 0, 0].numpy().T
    return forward, forward.T @ np.linalg.inv(forward @ forward.T)


def make_consistent(result: np.ndarray, low: np.ndarray, scale: int, track: str) -> np.ndarray:
    """The nearest image to `result` [sh,sw] that reduces to `low` [h,w]: the studio's "data consistency"."""
    if track == "I":
        (v, v_inverse), (h, h_inverse) = (_bicubic_inverse(n, scale) for n in low.shape)
        return (result + v_inverse @ (low - v @ result @ h.T) @ h_inverse.T).astype(np.float32)
    for _ in range(3):  # zero-filling brings back half of the Nyquist terms each time, all else at once
        result = result + zero_fill(low - degrade_kspace(result, scale), scale)
    return result
