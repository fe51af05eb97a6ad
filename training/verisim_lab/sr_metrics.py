"""PSNR, SSIM and HaarPSI as the project defines them."""

import numpy as np
import torch
import torch.nn.functional as F

BORDER = 8


def clamp01(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0.0, 1.0)


def psnr(reference: np.ndarray, result: np.ndarray, border: int = BORDER) -> float:
    """dB with peak 1 in model range; both clamped to 0..1; the border is left out."""
    r, x = (clamp01(a.astype(np.float64))[border:-border, border:-border] for a in (reference, result))
    return float(10 * np.log10(1 / max(np.mean((r - x) ** 2), 1e-12)))
