"""Batches for the segmenters: random tiles with flips, quarter turns, scaling of grey values."""

import numpy as np
import torch
from scipy.ndimage import binary_closing, binary_dilation, binary_opening

from .lesion_data import load_chest, load_glioma, load_nodules
from .lesion_pairs import lung_of


def _dihedral(image, mask, rng):
    k = int(rng.integers(4))
    image, mask = np.rot90(image, k), np.rot90(mask, k)
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    return image, mask


def _resize(array, size, mode):
    t = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None, None]
    kw = {} if mode == "nearest" else {"align_corners": False}
    return torch.nn.functional.interpolate(t, (size, size), mode=mode, **kw)[0, 0].numpy()


class NoduleTiles:
    """Tiles of 64: half from nodule patches, half from whole slices, mostly without a nodule.

    The nodule may lie anywhere in a tile, or outside it: with centred tiles the network learns to
    mark whatever is in the middle, and without many lesion-free tiles it marks vessels. Tumours of
    `chest_tcga` are not outlined: tiles with soft tissue inside the lung wider than a vessel are left out.
    """

    size = 64

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
        image, mask = _dihedral(image, mask, rng)
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
        image, mask = _dihedral(image, mask, rng)
        image = np.sign(image) * np.abs(image) ** rng.uniform(0.8, 1.25) * rng.uniform(0.85, 1.15) + rng.uniform(-0.03, 0.03)
        if rng.random() < 0.3:
            image = image + rng.normal(0, rng.uniform(0, 0.05), image.shape)
        return image.astype(np.float32), mask.astype(np.float32)

    batch = NoduleTiles.batch
