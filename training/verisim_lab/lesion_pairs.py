"""Patches for the lesion GANs: real lesions, and lesion-free places with a transplanted mask.

A transplanted mask is a real mask of another patient at a lesion-free place. The pool is drawn once,
by seed, so that a run can be repeated.
"""

import numpy as np
import torch
from scipy.ndimage import binary_dilation, binary_erosion, label

from .lesion_data import load_chest, load_glioma, load_nodules

LUNG_HU_MODEL = 0.36  # below -500 HU: air-filled lung
#: Shares of training masks grown by 0, 1 and 2 px beyond the readers' outline.
GROWTH = (0.1, 0.3, 0.6)
BRAIN_FLOOR = 0.12  # below: air, CSF or background of a FLAIR slice


def extent(mask) -> int:
    ys, xs = np.where(mask)
    return int(max(np.ptp(ys), np.ptp(xs)) + 1) if len(ys) else 0


def centre(mask) -> tuple[int, int]:
    ys, xs = np.where(mask)
    return int((ys.min() + ys.max() + 1) // 2), int((xs.min() + xs.max() + 1) // 2)


def move(mask, shape, cy, cx):
    """`mask` cut to its bounding box and put with its middle at (cy, cx) of an empty [shape]; None where it does not fit."""
    ys, xs = np.where(mask)
    box = mask[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
    y, x = cy - box.shape[0] // 2, cx - box.shape[1] // 2
    if y < 0 or x < 0 or y + box.shape[0] > shape[0] or x + box.shape[1] > shape[1]:
        return None
    out = np.zeros(shape, bool)
    out[y:y + box.shape[0], x:x + box.shape[1]] = box
    return out


def crop(image, cy, cx, size):
    """Origin (y, x) of a `size` square about (cy, cx), shifted inside the image."""
    return (int(np.clip(cy - size // 2, 0, image.shape[0] - size)), int(np.clip(cx - size // 2, 0, image.shape[1] - size)))


def lung_of(image) -> np.ndarray:
    """Lung of a chest CT slice, bool [H, W]: air that does not reach the edge, of 1500 pixels or more, denser than -950 HU in the middle."""
    parts, count = label((image < LUNG_HU_MODEL) & (image > -0.05))
    edge = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    out = np.zeros(image.shape, bool)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    for i in range(1, count + 1):
        if i not in edge and sizes[i] >= 1500 and np.median(image[parts == i]) > 0.035:
            out |= parts == i
    return out


def widened(mask, pixels: int):
    """`mask` and so many pixels round it."""
    return binary_dilation(mask, iterations=pixels) if pixels else mask


def ring_of(mask, inner=2, outer=6):
    return binary_dilation(mask, iterations=outer) & ~binary_dilation(mask, iterations=inner)


def turn(arrays, rng):
    """The same random flip and quarter turn for every array."""
    k, flip = int(rng.integers(4)), rng.random() < 0.5
    out = []
    for a in arrays:
        a = np.rot90(a, k)
        out.append(a[:, ::-1] if flip else a)
    return out


class _Pairs:
    """Common batch making over a pool of (image, mask) arrays of size P."""

    def _stack(self, pairs):
        image = torch.from_numpy(np.stack([np.ascontiguousarray(i, dtype=np.float32) for i, _ in pairs]))[:, None]
        mask = torch.from_numpy(np.stack([np.ascontiguousarray(m, dtype=np.float32) for _, m in pairs]))[:, None]
        return image, mask

    def _jitter(self, image, rng):
        return image * rng.uniform(0.97, 1.03) + rng.uniform(-0.02, 0.02)

    def _fill(self, count, rng):
        """`count` lesion-free places with a transplanted mask: (image, mask) in `pool`, where from in `origins`."""
        self.pool, self.origins = [], []
        while len(self.pool) < count:
            found = self._place(rng)
            if found is not None:
                self.pool.append(found[:2])
                self.origins.append(found[2:])

    def real(self, count, rng):
        """Real lesions with their masks, [count, 1, P, P] each."""
        return self._stack([self._real_item(rng) for _ in range(count)])

    def transplant(self, count, rng):
        """Lesion-free places with a mask of another patient."""
        out = []
        for _ in range(count):
            image, mask = self.pool[rng.integers(len(self.pool))]
            image, mask = turn((image, mask), rng) if self.turns else (image, mask)
            if not self.turns and rng.random() < 0.5:
                image, mask = image[:, ::-1], mask[:, ::-1]
            out.append((self._jitter(image, rng), mask))
        return self._stack(out)

    def healthy(self, count, rng):
        """For removers: (image, mask) where nothing under the mask, or within 3 pixels of it, was ever outlined as a lesion."""
        out = []
        while len(out) < count:
            found = self._healthy_item(rng)
            if found is None:
                continue
            image, mask = found
            if self.turns:
                image, mask = turn((image, mask), rng)
            elif rng.random() < 0.5:
                image, mask = image[:, ::-1], mask[:, ::-1]
            out.append((self._jitter(image, rng), mask))
        return self._stack(out)

    def grown(self, mask, rng, most=4):
        """`mask` grown by 0 to `most` pixels: a person paints generously round what is to go."""
        return widened(mask, int(rng.integers(0, most + 1)))

    def loosened(self, mask, rng):
        """`mask` grown as GROWTH has it: painters learn from outlines that hold the rim."""
        return widened(mask, int(rng.choice(len(GROWTH), p=GROWTH)))


class NodulePairs(_Pairs):
    """P = 64. Masks are those of two or more readers or of any reader, grown by a few pixels (GROWTH).

    A real nodule fades a few pixels beyond the readers' outline; a painted one may not. So the mask has to hold that rim.
    """

    size, turns = 64, True

    def __init__(self, data, seed=0, pool=6000, held_out=False, loose=True, patients=None):
        self.patches = load_nodules(data, held_out)
        self.slices = load_chest(data, held_out=held_out)
        if patients is not None:
            self.patches = self.patches.pick(np.isin(self.patches.patient, list(patients)))
            self.slices = [s for s in self.slices if s.patient in patients]
        self.loose = loose
        p = self.patches
        self.usable = np.array([i for i in range(len(p.image)) if extent(p.union[i]) <= 52])
        _, inverse, counts = np.unique(p.patient[self.usable], return_inverse=True, return_counts=True)
        weight = 1 / np.sqrt(counts[inverse])
        self.weight = weight / weight.sum()
        rng = np.random.default_rng(seed)
        self.lungs = [(s, np.argwhere(lung_of(s.image))) for s in self.slices]
        self.lungs = [(s, at) for s, at in self.lungs if len(at) > 2000]
        self._fill(pool, rng)

    def _mask(self, i, rng):
        if not self.loose:
            return self.patches.mask[i]
        return self.loosened(self.patches.union[i] if rng.random() < 0.2 else self.patches.mask[i], rng)

    def _real_item(self, rng):
        i = self.usable[rng.choice(len(self.usable), p=self.weight)]
        image, mask = self.patches.image[i], self._mask(i, rng)
        room = max(0, (60 - extent(mask)) // 2)
        cy, cx = centre(mask)
        shift = min(8, room)
        y, x = crop(image, cy + rng.integers(-shift, shift + 1), cx + rng.integers(-shift, shift + 1), self.size)
        image, mask = image[y:y + 64, x:x + 64], mask[y:y + 64, x:x + 64]
        image, mask = turn((image, mask), rng)
        return self._jitter(image, rng), mask

    def _place(self, rng):
        p = self.patches
        donor = self.usable[rng.choice(len(self.usable), p=self.weight)]
        mask = self._mask(donor, rng)
        mask = turn((mask,), rng)[0]
        source = np.rot90(p.image[donor])  # only its ring statistic is used
        want = (p.image[donor][ring_of(p.mask[donor])] < LUNG_HU_MODEL).mean()
        if rng.random() < 0.45 and self.lungs:  # a place in a whole slice
            s, at = self.lungs[rng.integers(len(self.lungs))]
            for _ in range(6):
                cy, cx = at[rng.integers(len(at))]
                y, x = crop(s.image, cy, cx, 64)
                image, old = s.image[y:y + 64, x:x + 64], s.mask[y:y + 64, x:x + 64]
                moved = move(mask, (64, 64), cy - y, cx - x)
                if moved is None or (binary_dilation(old, iterations=3) & moved).any():
                    continue
                if self._fits(image, moved, want):
                    return image, moved, s.name, int(donor)
            return None
        i = self.usable[rng.integers(len(self.usable))]
        if p.patient[i] == p.patient[donor]:
            return None
        image, old = p.image[i], p.union[i]
        for _ in range(6):
            cy, cx = rng.integers(30, 67), rng.integers(30, 67)
            moved = move(mask, image.shape, cy, cx)
            if moved is None or (binary_dilation(old, iterations=3) & moved).any():
                continue
            if self._fits(image, moved, want):
                break
        else:
            return None
        y, x = crop(image, cy, cx, 64)
        moved = moved[y:y + 64, x:x + 64]
        return image[y:y + 64, x:x + 64], moved, f"patch {i}", int(donor)

    def _healthy_item(self, rng):
        p = self.patches
        donor = self.usable[rng.choice(len(self.usable), p=self.weight)]
        mask = self.grown(turn((p.mask[donor],), rng)[0], rng)
        if extent(mask) > 52:
            return None
        if rng.random() < 0.5:
            s, at = self.lungs[rng.integers(len(self.lungs))]
            image, old = s.image, s.mask
            cy, cx = at[rng.integers(len(at))]
        else:
            i = self.usable[rng.integers(len(self.usable))]
            image, old = p.image[i], p.union[i]
            cy, cx = rng.integers(16, 81, 2)
        moved = move(mask, image.shape, int(cy), int(cx))
        if moved is None or (image[moved] < LUNG_HU_MODEL).mean() < 0.5:
            return None
        y, x = crop(image, int(cy) + int(rng.integers(-4, 5)), int(cx) + int(rng.integers(-4, 5)), 64)
        cut = moved[y:y + 64, x:x + 64]
        if cut.sum() != moved.sum() or (binary_dilation(cut, iterations=3) & old[y:y + 64, x:x + 64]).any():
            return None
        return image[y:y + 64, x:x + 64], cut

    def _fits(self, image, mask, want):
        """Lung under the mask, and about as much lung round it as round the donor's lesion."""
        if (image[mask] < LUNG_HU_MODEL).mean() < 0.75:
            return False
        return abs((image[ring_of(mask)] < LUNG_HU_MODEL).mean() - want) < 0.2


class GliomaPairs(_Pairs):
    """P = 128; masks grown by a few pixels (see NodulePairs); transplants keep the head's orientation."""

    size, turns = 128, False

    def __init__(self, data, seed=0, pool=1500, held_out=False, loose=True, patients=None):
        self.slices = load_glioma(data, held_out)
        if patients is not None:
            self.slices = [s for s in self.slices if s.patient in patients]
        self.loose = loose
        self.with_lesion = [s for s in self.slices if s.mask.sum() >= 80 and extent(s.mask) <= 112]
        rng = np.random.default_rng(seed)
        self._fill(pool, rng)

    def _loosen(self, mask, rng):
        return self.loosened(mask, rng) if self.loose else mask

    def _real_item(self, rng):
        s = self.with_lesion[rng.integers(len(self.with_lesion))]
        mask = self._loosen(s.mask, rng)
        cy, cx = centre(mask)
        shift = min(10, max(0, (122 - extent(mask)) // 2))
        y, x = crop(s.image, cy + rng.integers(-shift, shift + 1), cx + rng.integers(-shift, shift + 1), 128)
        image, mask = s.image[y:y + 128, x:x + 128], mask[y:y + 128, x:x + 128]
        if rng.random() < 0.5:
            image, mask = image[:, ::-1], mask[:, ::-1]
        return self._jitter(image, rng), mask

    def _place(self, rng):
        donor = self.with_lesion[rng.integers(len(self.with_lesion))]
        s = self.slices[rng.integers(len(self.slices))]
        if s.patient == donor.patient:
            return None
        mask = self._loosen(donor.mask, rng)
        if rng.random() < 0.5:
            mask = mask[:, ::-1]
        cy, cx = centre(mask)
        old = binary_dilation(s.mask, iterations=2)
        for _ in range(5):
            moved = move(mask, s.image.shape, cy + rng.integers(-12, 13), cx + rng.integers(-12, 13))
            if moved is None:
                continue
            if (old & moved).any() or (s.image[moved] > BRAIN_FLOOR).mean() < 0.97:
                continue
            my, mx = centre(moved)
            y, x = crop(s.image, my + rng.integers(-6, 7), mx + rng.integers(-6, 7), 128)
            cut = moved[y:y + 128, x:x + 128]
            if cut.sum() == moved.sum():
                return s.image[y:y + 128, x:x + 128], cut, s.name, donor.name
        return None

    def _healthy_item(self, rng):
        donor = self.with_lesion[rng.integers(len(self.with_lesion))]
        s = self.slices[rng.integers(len(self.slices))]
        mask = self.grown(donor.mask, rng)
        if extent(mask) > 112:
            return None
        if rng.random() < 0.5:
            mask = mask[:, ::-1]
        cy, cx = centre(mask)
        moved = move(mask, s.image.shape, cy + int(rng.integers(-20, 21)), cx + int(rng.integers(-20, 21)))
        if moved is None or (s.mask & binary_dilation(moved, iterations=3)).any() or (s.image[moved] > BRAIN_FLOOR).mean() < 0.9:
            return None
        my, mx = centre(moved)
        y, x = crop(s.image, my + int(rng.integers(-6, 7)), mx + int(rng.integers(-6, 7)), 128)
        cut = moved[y:y + 128, x:x + 128]
        return (s.image[y:y + 128, x:x + 128], cut) if cut.sum() == moved.sum() else None
