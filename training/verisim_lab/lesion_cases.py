"""Cases for evaluation: a real lesion, and its mask at a lesion-free place of another patient of the same side of the split.

The same mask serves both (turned with its lesion alike), so that the mask alone tells nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import binary_dilation

from .lesion_data import load_glioma, load_nodules
from .lesion_pairs import BRAIN_FLOOR, LUNG_HU_MODEL, centre, crop, extent, move, ring_of, turn, widened


@dataclass
class Case:
    """`real` and `place` [P, P] in model range; `mask` bool at the same position in both; steps of the stored grey grids.

    `there` are lesions that `place` has already, away from `mask`.
    """

    real: np.ndarray
    place: np.ndarray
    mask: np.ndarray
    donor: str
    recipient: str
    place_step: float
    place_offset: float
    there: np.ndarray


#: Pixels beyond the readers' outline that belong to an inserter's mask: lesions fade there.
RIM = 2


def with_rim(cases, pixels: int) -> list[Case]:
    """The cases with their masks grown by so many pixels."""
    return [replace(c, mask=widened(c.mask, pixels)) for c in cases]


def evaluation_pairs(kind: str, data, held_out: bool, count: int, seed: int = 0, patients=None) -> list[Case]:
    """`count` seeded cases, of the given patients alone where named; donors are drawn evenly over patients."""
    return (_nodules if kind == "nodule" else _gliomas)(data, held_out, count, np.random.default_rng(seed), patients)


def _by_patient(patients, rng):
    """Endless row numbers: a random patient, then one of its rows."""
    rows = {}
    for i, p in enumerate(patients):
        rows.setdefault(p, []).append(i)
    names = sorted(rows)
    while True:
        for k in rng.permutation(len(names)):
            mine = rows[names[k]]
            yield mine[rng.integers(len(mine))]


def _nodules(data, held_out, count, rng, patients, size=64):
    """Place: lung beside the lesion of another patient's 96-patch, with about as much lung round it as the donor's lesion has."""
    d = load_nodules(data, held_out)
    if patients is not None:
        d = d.pick(np.isin(d.patient, list(patients)))
    fits = [i for i in range(len(d.image)) if 4 <= extent(d.union[i]) <= 36]
    draw, out = _by_patient(d.patient[fits], rng), []
    while len(out) < count:
        donor = fits[next(draw)]
        image, mask = turn((d.image[donor], d.mask[donor]), rng)
        want = (image[ring_of(mask)] < LUNG_HU_MODEL).mean()
        case = None
        for _ in range(60):
            i = int(rng.integers(len(d.image)))
            if d.patient[i] == d.patient[donor]:
                continue
            cy, cx = int(rng.integers(24, 73)), int(rng.integers(24, 73))
            moved = move(mask, (96, 96), cy, cx)
            if moved is None or (binary_dilation(d.union[i], iterations=12) & moved).any():
                continue
            under = d.image[i][moved]
            ring = (d.image[i][ring_of(moved)] < LUNG_HU_MODEL).mean()
            if (under < LUNG_HU_MODEL).mean() < 0.85 or abs(ring - want) > 0.15:
                continue
            y, x = crop(d.image[i], cy, cx, size)
            my, mx = centre(moved)
            # the donor's own crop with its lesion at the same position of the crop
            oy, ox = centre(mask)
            ry, rx = oy - (my - y), ox - (mx - x)
            if ry < 0 or rx < 0 or ry + size > 96 or rx + size > 96:
                continue
            placed = moved[y:y + size, x:x + size]
            if placed.sum() != mask.sum() or not np.array_equal(placed, mask[ry:ry + size, rx:rx + size]):
                continue
            case = Case(image[ry:ry + size, rx:rx + size], d.image[i][y:y + size, x:x + size], placed, str(d.patient[donor]),
                        str(d.patient[i]), float(d.step[i]), float(d.offset[i]), d.mask[i][y:y + size, x:x + size])
            break
        if case is not None:
            out.append(case)
    return out


def _gliomas(data, held_out, count, rng, patients, size=128):
    """Place: brain of another patient at about the same position (mirrored half the time), clear of that patient's lesion."""
    slices = load_glioma(data, held_out)
    if patients is not None:
        slices = [s for s in slices if s.patient in patients]
    donors = [s for s in slices if s.mask.sum() >= 80 and extent(s.mask) <= 100]
    draw, out = _by_patient([s.patient for s in donors], rng), []
    while len(out) < count:
        donor = donors[next(draw)]
        image, mask = donor.image, donor.mask
        if rng.random() < 0.5:
            image, mask = image[:, ::-1], mask[:, ::-1]
        for _ in range(60):
            s = slices[rng.integers(len(slices))]
            if s.patient == donor.patient:
                continue
            cy, cx = centre(mask)
            moved = move(mask, s.image.shape, cy + int(rng.integers(-10, 11)), cx + int(rng.integers(-10, 11)))
            if moved is None or (s.mask & binary_dilation(moved, iterations=12)).any():
                continue
            if (s.image[moved] > BRAIN_FLOOR).mean() < 0.97:
                continue
            my, mx = centre(moved)
            y, x = crop(s.image, my, mx, size)
            ry, rx = cy - (my - y), cx - (mx - x)
            if ry < 0 or rx < 0 or ry + size > 256 or rx + size > 256:
                continue
            placed = moved[y:y + size, x:x + size]
            if not np.array_equal(placed, mask[ry:ry + size, rx:rx + size]):
                continue
            offset = float(s.image.min())  # any stored value will do as the origin of the grid
            out.append(Case(image[ry:ry + size, rx:rx + size], s.image[y:y + size, x:x + size], placed, donor.patient,
                            s.patient, s.step, offset, s.mask[y:y + size, x:x + size]))
            break
    return out
