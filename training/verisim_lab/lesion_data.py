"""Readers of the lesion sets: LIDC nodule patches, chest CT slices, LGG FLAIR slices, in model range.

Model range: CT (HU + 1000) / 1400; MR (v - p0.5) / (p99.5 - p0.5) over the decoded slices of the
series. Nothing is clipped here; values above 1 (bone) are normal.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .lesion_split import is_held_out

Image.MAX_IMAGE_PIXELS = None

HU_LOW, HU_HIGH = -1000.0, 400.0
#: Patches whose estimated grey-to-HU line is worse than this are left out (about 3 %).
MIN_HU_QUALITY = -5.3
MR_PERCENTILES = (0.5, 99.5)


def hu_to_model(hu: np.ndarray) -> np.ndarray:
    """HU to model range, no clipping."""
    return ((hu - HU_LOW) / (HU_HIGH - HU_LOW)).astype(np.float32)


@dataclass
class Nodules:
    """Patches [N, 96, 96]: `image` in model range, `mask` bool (two or more readers), `union` bool (any reader)."""

    image: np.ndarray
    mask: np.ndarray
    union: np.ndarray
    patient: np.ndarray
    step: np.ndarray  # size of one stored grey step, in model range
    offset: np.ndarray  # model value of stored 0

    def pick(self, rows) -> "Nodules":
        return Nodules(*(getattr(self, f)[rows] for f in self.__dataclass_fields__))


def load_nodules(data: Path, held_out: bool | None = None) -> Nodules:
    """LIDC patches; `held_out` selects one side of the split, None both. Range floor: -1024 HU."""
    with np.load(Path(data) / "ct/lung_nodules_lidc.npz") as d:
        grey, gain, off = d["image"], d["hu_gain"], d["hu_offset"]
        readers, patient, quality = d["readers"], d["patient"], d["hu_quality"]
    hu = grey.astype(np.float32) * gain[:, None, None] + off[:, None, None]
    hu = np.maximum(hu, -1024)
    mask = readers >= 2
    lung = (hu < -500).mean((1, 2))
    keep = (quality >= MIN_HU_QUALITY) & (lung > 0.15) & mask.any((1, 2))
    if held_out is not None:
        keep &= np.array([is_held_out("nodule", p) == held_out for p in patient])
    scale = HU_HIGH - HU_LOW
    return Nodules(hu_to_model(hu)[keep], mask[keep], (readers >= 1)[keep], patient[keep],
                   (gain / scale).astype(np.float32)[keep], ((off - HU_LOW) / scale).astype(np.float32)[keep])


@dataclass
class SliceImage:
    """One slice: `image` [H, W] in model range, `mask` bool [H, W], and whom it is of."""

    image: np.ndarray
    mask: np.ndarray
    patient: str
    name: str
    step: float  # stored grey step in model range


def load_chest(data: Path, groups=("chest_lidc", "chest_tcga"), held_out: bool | None = None) -> list[SliceImage]:
    """Whole chest CT slices; masks exist in `chest_lidc` only (tumours of `chest_tcga` are not outlined)."""
    root = Path(data) / "ct"
    out = []
    for row in json.loads((root / "hu_manifest.json").read_text())["slices"]:
        if row["group"] not in groups:
            continue
        if held_out is not None and is_held_out("nodule", row["patient"]) != held_out:
            continue
        hu = np.array(Image.open(root / row["file"])).astype(np.float32) - 1024
        mask_file = root / row["file"].replace(".png", "_mask.png")
        mask = np.array(Image.open(mask_file)) > 0 if mask_file.exists() else np.zeros(hu.shape, bool)
        out.append(SliceImage(hu_to_model(np.maximum(hu, -1024)), mask, row["patient"], row["file"],
                              1 / (HU_HIGH - HU_LOW)))
    return out


def load_glioma(data: Path, held_out: bool | None = None) -> list[SliceImage]:
    """FLAIR slices [256, 256] of the LGG set with the mask of the whole FLAIR abnormality."""
    root = Path(data) / "mr/tumour/lgg"
    out = []
    with open(root / "index.csv") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        if held_out is not None and is_held_out("glioma", row["patient"]) != held_out:
            continue
        grey = np.array(Image.open(root / f"{row['study']}_flair.png")).reshape(-1, 256, 256)
        mask = np.array(Image.open(root / f"{row['study']}_mask.png")).reshape(-1, 256, 256) > 0
        low, high = np.percentile(grey, MR_PERCENTILES)
        for i in range(len(grey)):
            image = ((grey[i].astype(np.float32) - low) / (high - low)).astype(np.float32)
            out.append(SliceImage(image, mask[i], row["patient"], f"{row['study']}#{i}", float(1 / (high - low))))
    return out
