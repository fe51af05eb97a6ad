"""Batches for the segmenters: random tiles with flips, quarter turns, scaling of grey values."""

import numpy as np
import torch

from .lesion_data import load_chest, load_glioma, load_nodules


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
    """Tiles of 64: two thirds from nodule patches, one third from whole slices (chest_lidc anywhere, chest_tcga off the lung).

    The nodule may lie anywhere in a tile, or outside it: with centred tiles the network learns to
    mark whatever is in the middle.
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

    def _slice_tile(self, rng):
        n = self.size
        draw = rng.random()
        if draw < 0.35 and self.with_lesion:
            s = self.with_lesion[rng.integers(len(self.with_lesion))]
            ys, xs = np.where(s.mask)
            i = rng.integers(len(ys))
            cy, cx = ys[i] + rng.integers(-40, 41), xs[i] + rng.integers(-40, 41)
            y, x = int(np.clip(cy - n // 2, 0, 512 - n)), int(np.clip(cx - n // 2, 0, 512 - n))
            return s.image[y:y + n, x:x + n], s.mask[y:y + n, x:x + n]
        if draw < 0.75 and self.lidc:
            s = self.lidc[rng.integers(len(self.lidc))]
            y, x = rng.integers(0, s.image.shape[0] - n + 1), rng.integers(0, s.image.shape[1] - n + 1)
            return s.image[y:y + n, x:x + n], s.mask[y:y + n, x:x + n]
        for _ in range(20):
            s = self.tcga[rng.integers(len(self.tcga))]
            y, x = rng.integers(0, s.image.shape[0] - n + 1), rng.integers(0, s.image.shape[1] - n + 1)
            tile = s.image[y:y + n, x:x + n]
            lung = (tile > 0.02) & (tile < 0.35)  # -970 to -510 HU; tumours in this lung are not outlined
            if lung.mean() < 0.05:
                break
        return tile, np.zeros(tile.shape, bool)

    def _item(self, rng):
        if rng.random() < 0.65:
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
