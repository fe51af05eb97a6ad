"""What is measured on lesions: grey, contrast, edge, texture; likeness; nearest training lesion; inpainting error."""

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter, zoom
from scipy.stats import wasserstein_distance
from skimage.feature import graycomatrix, graycoprops
from skimage.restoration import inpaint_biharmonic


def describe_lesion(image, mask) -> dict:
    """Scalars of one lesion: mean, contrast to the ring (2-6 px outside), edge slope, GLCM contrast, homogeneity, correlation."""
    mask = mask.astype(bool)
    ring = binary_dilation(mask, iterations=6) & ~binary_dilation(mask, iterations=2)
    inside, outside = distance_transform_edt(mask), distance_transform_edt(~mask)
    inner = image[(inside > 0) & (inside <= 1.5)].mean()
    outer = image[(outside > 0) & (outside <= 1.5)].mean()
    core = image[mask & (inside > np.minimum(1.5, inside.max() - 0.1))].mean()
    out = {"mean": image[mask].mean(), "spread": image[mask].std(), "contrast": image[mask].mean() - image[ring].mean(),
           "edge step": inner - outer, "core to rim": core - inner}
    grey = np.clip(np.round((image - image[mask].min()) / max(1e-6, np.ptp(image[mask])) * 14), 0, 14).astype(np.uint8) + 1
    ys, xs = np.where(mask)
    box = np.where(mask, grey, 0)[ys.min():ys.max() + 1, xs.min():xs.max() + 1].astype(np.uint8)
    matrix = graycomatrix(box, [1], [0, np.pi / 2], 16, symmetric=True)
    matrix[0], matrix[:, 0] = 0, 0  # pairs with a pixel outside the mask do not count
    matrix = matrix / np.maximum(matrix.sum((0, 1), keepdims=True), 1)
    for name in ("contrast", "homogeneity", "correlation"):
        out[f"GLCM {name}"] = graycoprops(matrix, name).mean()
    return {k: float(v) for k, v in out.items()}


def compare_distributions(real: list[dict], made: list[dict]) -> list[dict]:
    """Per scalar: medians, and the Wasserstein distance in units of the real standard deviation."""
    rows = []
    for key in real[0]:
        a, b = np.array([r[key] for r in real]), np.array([r[key] for r in made])
        rows.append({"measure": key, "real median": round(float(np.median(a)), 4), "synthetic median": round(float(np.median(b)), 4),
                     "real sd": round(float(a.std()), 4), "synthetic sd": round(float(b.std()), 4),
                     "distance in sd": round(float(wasserstein_distance(a, b) / max(a.std(), 1e-9)), 3)})
    return rows


def _ssim_parts(a, b):
    c1, c2 = 0.01**2, 0.03**2
    f = lambda t: gaussian_filter(t, 1.5, truncate=3.0)
    ma, mb = f(a), f(b)
    va, vb, cov = f(a * a) - ma * ma, f(b * b) - mb * mb, f(a * b) - ma * mb
    return (2 * ma * mb + c1) / (ma * ma + mb * mb + c1), (2 * cov + c2) / (va + vb + c2)


def ms_ssim(a, b, scales=3) -> float:
    """MS-SSIM at three scales (weights of Wang et al. 2003, normalised); values clipped at 0 before the powers."""
    weights = np.array([0.0448, 0.2856, 0.3001])[:scales]
    weights = weights / weights.sum()
    value = 1.0
    for k in range(scales):
        light, structure = _ssim_parts(a, b)
        part = structure.mean() if k < scales - 1 else (light * structure).mean()
        value *= max(0.0, float(part)) ** weights[k]
        if k < scales - 1:
            h, w = a.shape[0] // 2 * 2, a.shape[1] // 2 * 2
            a, b = (t[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3)) for t in (a, b))
    return value


def lesion_box(image, mask, size=None, constant=0.0):
    """The mask's bounding box (or a `size` square about it) with all that is not lesion set to a constant."""
    ys, xs = np.where(mask)
    only = np.where(mask, image, constant)
    if size is None:
        return only[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
    cy, cx, half = (ys.min() + ys.max() + 1) // 2, (xs.min() + xs.max() + 1) // 2, size // 2
    return np.pad(only, half, constant_values=constant)[cy:cy + size, cx:cx + size]


def signature(image, mask, side=24):
    """A lesion as a vector for nearest-neighbour search: its box brought to side x side, background 0."""
    box = lesion_box(image, mask)
    h, w = box.shape
    n = max(h, w)
    square = np.zeros((n, n))
    square[(n - h) // 2:(n - h) // 2 + h, (n - w) // 2:(n - w) // 2 + w] = box
    return zoom(square, side / n, order=1, grid_mode=True, mode="grid-constant")[:side, :side].ravel()


def dice(a, b) -> float:
    total = a.sum() + b.sum()
    return float(2 * (a & b).sum() / total) if total else 1.0


def biharmonic(image, mask):
    """Biharmonic fill of the mask (skimage)."""
    return inpaint_biharmonic(image.astype(np.float64), mask.astype(bool)).astype(np.float32)


def interval(values, groups, seed=0, rounds=1000):
    """Mean over patients of patient means, with a 95 % bootstrap interval over patients."""
    groups = np.asarray(groups, str)
    means = np.array([np.mean(np.asarray(values, float)[groups == g]) for g in np.unique(groups)])
    rng = np.random.default_rng(seed)
    boot = means[rng.integers(len(means), size=(rounds, len(means)))].mean(1)
    return round(float(means.mean()), 4), [round(float(v), 4) for v in np.percentile(boot, (2.5, 97.5))]
