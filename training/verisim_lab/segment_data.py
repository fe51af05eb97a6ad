"""Batches for the segmenters: random tiles with flips, quarter turns, scaling of grey values."""

import numpy as np
import torch
from scipy.ndimage import binary_closing, binary_dilation, binary_opening, gaussian_filter

from .lesion_data import load_chest, load_glioma, load_nodules
from .lesion_pairs import LUNG_HU_MODEL, centre, extent, lung_of, move, turn


def _resize(array, size, mode):
    t = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None, None]
    kw = {} if mode == "nearest" else {"align_corners": False}
    return torch.nn.functional.interpolate(t, (size, size), mode=mode, **kw)[0, 0].numpy()


class NoduleTiles:
    """Tiles of 64: half from nodule patches, half from whole slices, mostly without a nodule.

    The nodule may lie anywhere in a tile, or outside it: with centred tiles the network learns to
    mark whatever is in the middle, and without many lesion-free tiles it marks vessels. Tumours of
    `chest_tcga` are not outlined: tiles with soft tissue inside the lung wider than a vessel are left out.
    All patches hold a nodule and few slices do, so that the look of a patch alone would tell: in part of
    the tiles of either kind a real nodule, or lung of like shape, is moved in from another patient.
    """

    size = 64
    moved_in = (0.35, 0.2)  # shares of tiles with a nodule, with lung moved in

    def __init__(self, data):
        self.patches = load_nodules(data, held_out=False)
        self.lidc = load_chest(data, ("chest_lidc",), held_out=False)
        self.tcga = load_chest(data, ("chest_tcga",), held_out=False)
        patients = self.patches.patient
        unique, inverse, counts = np.unique(patients, return_inverse=True, return_counts=True)
        weight = 1 / np.sqrt(counts[inverse])
        self.weight = weight / weight.sum()
        self.with_lesion = [s for s in self.lidc if s.mask.any()]
        self.lungs = []
        for s in self.lidc + self.tcga:
            lung = lung_of(s.image)
            if lung.sum() < 2000:
                continue
            if s.name.startswith("chest_tcga"):
                solid = binary_opening(binary_closing(lung, iterations=12) & (s.image > 0.5), iterations=4)
                lung &= ~binary_dilation(solid, iterations=20)
            self.lungs.append((s, np.argwhere(lung)))
        self.lungs = [(s, at) for s, at in self.lungs if len(at)]

    def _slice_tile(self, rng):
        n = self.size
        draw = rng.random()
        if draw < 0.15 and self.with_lesion:
            s = self.with_lesion[rng.integers(len(self.with_lesion))]
            ys, xs = np.where(s.mask)
            i = rng.integers(len(ys))
            cy, cx = ys[i] + rng.integers(-28, 29), xs[i] + rng.integers(-28, 29)
        elif draw < 0.3:
            s = self.tcga[rng.integers(len(self.tcga))]  # anywhere off the lung
            for _ in range(20):
                cy, cx = rng.integers(n // 2, s.image.shape[0] - n // 2, 2)
                tile = s.image[cy - n // 2:cy + n // 2, cx - n // 2:cx + n // 2]
                if ((tile > 0.02) & (tile < 0.35)).mean() < 0.05:
                    break
        else:
            s, at = self.lungs[rng.integers(len(self.lungs))]
            cy, cx = at[rng.integers(len(at))]
        y, x = int(np.clip(cy - n // 2, 0, s.image.shape[0] - n)), int(np.clip(cx - n // 2, 0, s.image.shape[1] - n))
        return s.image[y:y + n, x:x + n], s.mask[y:y + n, x:x + n]

    def _move_in(self, image, mask, lesion, rng):
        """`image`, `mask` with a real nodule (`lesion`) or lesion-free lung of its shape from a training patch, at a place in lung."""
        d = self.patches
        i = rng.choice(len(self.weight), p=self.weight)
        (donor, outline, union), n = turn((d.image[i], d.mask[i], d.union[i]), rng), self.size
        if not outline.any() or extent(outline) > 36:
            return image, mask
        cy, cx = centre(outline)
        for _ in range(8):
            y, x = (int(v) for v in rng.integers(6, n - 6, 2))
            put = move(outline, image.shape, y, x)
            if put is None or (binary_dilation(mask, iterations=4) & put).any() or (image[put] < LUNG_HU_MODEL).mean() < 0.8:
                continue
            # the donor's pixels that come to lie on the tile; for lung, from beside the donor's lesion
            dy, dx = (0, 0) if lesion else (int(v) for v in rng.integers(-36, 37, 2))
            rows, cols = (np.clip(np.arange(n) - a + c + o, 0, 95) for a, c, o in ((y, cy, dy), (x, cx, dx)))
            pixels = donor[np.ix_(rows, cols)]
            grown = binary_dilation(put, iterations=int(k)) if (k := rng.integers(0, 4)) else put
            alpha = gaussian_filter(grown.astype(np.float32), rng.uniform(0.4, 1.4))
            if not lesion and (union[np.ix_(rows, cols)] & (alpha > 0.02)).any():
                continue
            if lesion:
                mask = mask | put
            return image * (1 - alpha) + pixels * alpha, mask
        return image, mask

    def _item(self, rng):
        if rng.random() < 0.5:
            i = rng.choice(len(self.weight), p=self.weight)
            image, mask = self.patches.image[i], self.patches.mask[i]
            n, side = self.size, int(rng.integers(52, 77)) if rng.random() < 0.5 else self.size
            y, x = rng.integers(0, 97 - side, 2)
            image, mask = image[y:y + side, x:x + side], mask[y:y + side, x:x + side]
            if side != n:
                image, mask = _resize(image, n, "bilinear"), _resize(mask, n, "nearest") > 0.5
        else:
            image, mask = self._slice_tile(rng)
            if rng.random() < 0.5:  # the grey grid of the patches
                image = np.round(image * 200) / 200
        draw = rng.random()
        if draw < sum(self.moved_in):
            image, mask = self._move_in(image, mask, draw < self.moved_in[0], rng)
        image, mask = turn((image, mask), rng)
        image = image * rng.uniform(0.95, 1.05) + rng.uniform(-0.03, 0.03)
        if rng.random() < 0.4:
            image = image + rng.normal(0, rng.uniform(0, 0.04), image.shape)
        return image.astype(np.float32), mask.astype(np.float32)

    def batch(self, count, rng):
        items = [self._item(rng) for _ in range(count)]
        return (torch.from_numpy(np.stack([i for i, _ in items]))[:, None],
                torch.from_numpy(np.stack([m for _, m in items]))[:, None])


class GliomaSlices:
    """FLAIR crops of 192 out of 256 with scaling and grey jitter."""

    size = 192

    def __init__(self, data):
        self.slices = load_glioma(data, held_out=False)

    def _item(self, rng):
        s = self.slices[rng.integers(len(self.slices))]
        side = int(rng.integers(150, 257))
        y, x = rng.integers(0, 257 - side), rng.integers(0, 257 - side)
        image = _resize(s.image[y:y + side, x:x + side], self.size, "bilinear")
        mask = _resize(s.mask[y:y + side, x:x + side], self.size, "nearest") > 0.5
        image, mask = turn((image, mask), rng)
        image = np.sign(image) * np.abs(image) ** rng.uniform(0.8, 1.25) * rng.uniform(0.85, 1.15) + rng.uniform(-0.03, 0.03)
        if rng.random() < 0.3:
            image = image + rng.normal(0, rng.uniform(0, 0.05), image.shape)
        return image.astype(np.float32), mask.astype(np.float32)

    batch = NoduleTiles.batch
