"""Slices for super-resolution: persons kept apart, both degradations precomputed.

MR: `mr/brain_sr/ms_long` and `mr/healthy`. CT: `ct/*`. Never LGG, whose licence
forbids commercial use. Values are in model range (see `normalise_*`).
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from PIL import Image

from .lesion_data import MIN_HU_QUALITY
from .sr_degrade import degrade_bicubic, degrade_kspace, resample_kspace

Image.MAX_IMAGE_PIXELS = None

MR_HELD_PERSONS = ("ms_long_p03", "ms_long_p12", "rordenlab")
CT_LOW, CT_HIGH = -1024.0, 3071.0


@dataclass
class Volume:
    """Slices of one person and one set, in model range, H and W multiples of 8."""

    set: str
    person: str
    name: str
    slices: list  # of float32 [H,W]
    held: bool
    info: dict


def _crop8(a: np.ndarray, m: int = 8) -> np.ndarray:
    h, w = a.shape[-2:]
    t, l = (h % m) // 2, (w % m) // 2
    return a[..., t: t + h // m * m, l: l + w // m * m]


def normalise_percentile(volume: np.ndarray) -> np.ndarray:
    """MR: (0.5, 99.5) percentiles of the series to 0..1; never clips."""
    lo, hi = np.percentile(volume, (0.5, 99.5))
    return ((volume - lo) / (hi - lo)).astype(np.float32)


def normalise_window(hu: np.ndarray) -> np.ndarray:
    """CT: HU to model range, 0 at -1024 and 1 at 3071."""
    return ((hu - CT_LOW) / (CT_HIGH - CT_LOW)).astype(np.float32)


def load_mr(data: Path, planes: bool = False) -> list[Volume]:
    """All MR volumes. With `planes`, healthy training persons also in the two other planes."""
    root = Path(data) / "mr"
    out = []
    for r in csv.DictReader(open(root / "brain_sr/ms_long/index.csv")):
        v = np.array(Image.open(root / "brain_sr/ms_long" / r["image"]))
        v = v.reshape(int(r["slices"]), int(r["height"]), int(r["width"]))
        v = _crop8(normalise_percentile(v))
        keep = [s for s in v if s.std() > 0.05]
        out.append(Volume(f"ms_long {r['sequence']}", r["patient"], r["image"][:-4], keep,
                          r["patient"] in MR_HELD_PERSONS,
                          {"spacing": float(r["row_mm"]), "licence": "CC BY (Lesjak 2016)"}))
    for r in csv.DictReader(open(root / "healthy/index.csv")):
        v = np.asarray(nib.load(root / "healthy" / r["file"]).dataobj)
        v = normalise_percentile(v)
        person = r["subject"].split()[0]
        held = person in MR_HELD_PERSONS
        for axis in (2, 0, 1) if planes and not held else (2,):
            p = np.moveaxis(v, axis, 0)
            p = p if axis == 2 else p[::2]
            p = _crop8(p)
            keep = [np.ascontiguousarray(s) for s in p if s.std() > 0.1]
            if axis == 2 and held:
                keep = keep[::2]
            out.append(Volume("healthy T1W", person, f"{r['file'][:-7]}_axis{axis}", keep, held,
                              {"spacing": float(r["spacing_mm"].split()[0]), "licence": r["licence"]}))
    return out


LGG_SET = "lgg FLAIR (test only)"


def load_lgg(data: Path, each: int = 2) -> list[Volume]:
    """LGG FLAIR as one more test set, `each` slices a person; never trained on (non-commercial licence)."""
    root = Path(data) / "mr/tumour/lgg"
    out = []
    for file in sorted(root.glob("*_flair.png")):
        v = np.array(Image.open(file))
        v = _crop8(normalise_percentile(v.reshape(-1, v.shape[1], v.shape[1])))
        at = np.linspace(0, len(v) - 1, each + 2).round().astype(int)[1:-1]
        out.append(Volume(LGG_SET, file.name.split("_flair")[0], file.stem, [v[i] for i in sorted(set(at))], True,
                          {"licence": "CC BY-NC-SA 4.0 (Buda et al.)"}))
    return out


def _hold(patient: str) -> bool:
    """A fifth of the patients, by a hash of the name that never changes."""
    import hashlib
    return int(hashlib.sha256(patient.encode()).hexdigest(), 16) % 5 == 0


# Chosen by hand where there are few: one LIDC patient, one of the phantom's two studies.
CT_HELD = {"chest_lidc": ("LIDC-IDRI-0002",), "head_qact": ("qact-philips-S21610",)}


def load_ct(data: Path) -> list[Volume]:
    """All CT slices, one volume per patient (the phantom: per series), in model range."""
    root = Path(data) / "ct"
    groups: dict = {}
    for r in json.load(open(root / "hu_manifest.json"))["slices"]:
        key = (r["group"], r["patient"], r.get("kernel") if r["group"] == "head_qact" else "")
        groups.setdefault(key, []).append(r)
    out = []
    for (group, patient, series), rows in sorted(groups.items(), key=str):
        held = patient in CT_HELD[group] if group in CT_HELD else _hold(patient)
        slices = []
        for r in rows:
            hu = np.array(Image.open(root / r["file"])).astype(np.float32) - 1024
            slices.append(_crop8(normalise_window(hu)))
        out.append(Volume(group, patient + (f" {series}" if series else ""), rows[0]["file"], slices, held,
                          {"rows": rows}))
    return out


class Bank:
    """High-res slices with their low-res versions, from which patches are drawn."""

    def __init__(self, scale: int):
        self.scale = scale
        self.items: list = []   # (hr, [lr, ...]) float32
        self.weights: list = []

    def add(self, hr: np.ndarray, kspace: bool, weight: float, tukey: float = 0.0) -> None:
        """Add a slice; `kspace` adds track K beside track I (half of the K draws from the tapered one)."""
        s = self.scale
        hr = np.ascontiguousarray(_crop8(hr, 2 * s), dtype=np.float32)
        if min(hr.shape) < 2 * s * 16:
            return
        lows = [("I", degrade_bicubic(torch.from_numpy(hr)[None, None], s)[0, 0].numpy())]
        if kspace:
            lows.append(("K", degrade_kspace(hr, s)))
            if tukey > 0:
                lows.append(("T", degrade_kspace(hr, s, tukey)))
        self.items.append((hr, dict(lows)))
        self.weights.append(weight * hr.size)

    def finish(self) -> None:
        w = np.asarray(self.weights, np.float64)
        self.cumulative = np.cumsum(w / w.sum())

    def draw(self, rng: np.random.Generator, n: int, patch: int, modality: str):
        """A batch: low [n,1,p,p], high [n,1,sp,sp], noise included, as torch float32."""
        s = self.scale
        low = np.empty((n, 1, patch, patch), np.float32)
        high = np.empty((n, 1, patch * s, patch * s), np.float32)
        i = 0
        while i < n:
            hr, lows = self.items[min(int(np.searchsorted(self.cumulative, rng.random())), len(self.items) - 1)]
            if "K" in lows and rng.random() < 0.5:
                lr = lows["T"] if "T" in lows and rng.random() < 0.35 else lows["K"]
            else:
                lr = lows["I"]
            h, w = lr.shape
            if h < patch or w < patch:
                continue
            y, x = rng.integers(0, h - patch + 1), rng.integers(0, w - patch + 1)
            l = lr[y: y + patch, x: x + patch]
            t = hr[y * s: (y + patch) * s, x * s: (x + patch) * s]
            sd = float(t[::2, ::2].std())
            if sd < 0.004 or (sd < 0.03 and rng.random() < 0.7):
                continue  # blank or nearly blank
            k = int(rng.integers(0, 8))
            if k & 4:
                l, t = l.T, t.T
            if k & 1:
                l, t = l[::-1], t[::-1]
            if k & 2:
                l, t = l[:, ::-1], t[:, ::-1]
            low[i, 0], high[i, 0] = l, t
            # Mild noise in a quarter of the patches: Rician for MR, Gaussian for CT.
            if rng.random() < 0.25:
                sigma = rng.random() * (0.015 if modality == "MR" else 0.003)
                a = rng.standard_normal((patch, patch), np.float32) * sigma
                if modality == "MR":
                    b = rng.standard_normal((patch, patch), np.float32) * sigma
                    low[i, 0] = np.where(low[i, 0] < 0, low[i, 0] + a, np.sqrt((low[i, 0] + a) ** 2 + b * b))
                else:
                    low[i, 0] += a
            # A gain and an offset: other normalisations of the same slice.
            gain = float(np.exp(rng.uniform(-0.4, 0.4)))
            offset = float(rng.uniform(-0.05, 0.05)) if modality == "MR" else 0.0
            low[i] = low[i] * gain + offset
            high[i] = high[i] * gain + offset
            i += 1
        return torch.from_numpy(low), torch.from_numpy(high)


def _bank_mr(data: Path, scale: int, rng: np.random.Generator, persons: set | None) -> Bank:
    bank = Bank(scale)
    for v in load_mr(data, planes=True):
        if v.held or (persons is not None and v.person not in persons):
            continue
        share = 1.0 if v.set.startswith("ms_long") else 0.35
        for sl in v.slices:
            bank.add(sl, True, share, tukey=float(rng.uniform(0.1, 0.5)))
        for sl in v.slices[:: 1 if share == 1 else 3]:
            # As a coarser scanner, and with another contrast curve, would have made it.
            h, w = (int(n * rng.uniform(0.62, 1.0)) // 8 * 8 for n in sl.shape)
            g = float(np.exp(rng.uniform(-0.35, 0.35)))
            base = np.sign(sl) * np.abs(sl) ** g
            bank.add(resample_kspace(base, h, w), True, 0.45 * share, tukey=float(rng.uniform(0.1, 0.5)))
    bank.finish()
    return bank


def load_ct_patches(data: Path, stride: int = 2) -> list[Volume]:
    """Chest patches of LIDC patients [96,96] in model range, a volume a patient; for training only.

    8-bit sources with an estimated HU scale (a grey step is 5 to 11 HU): patches with a coarser step or a poor fit
    are left out, and so are the patients held out from super-resolution.
    """
    z = np.load(Path(data) / "ct/lung_nodules_lidc.npz")
    gain, offset, patient = z["hu_gain"], z["hu_offset"], z["patient"]
    good = (z["hu_quality"] >= MIN_HU_QUALITY) & (gain < 11) & ~np.isin(patient, CT_HELD["chest_lidc"])
    by_patient: dict = {}
    for i in np.where(good)[0][::stride]:
        by_patient.setdefault(str(patient[i]), []).append(normalise_window(z["image"][i] * gain[i] + offset[i]))
    return [Volume("chest_lidc patches of 96 px, 8 bit", p, p, slices, False, {"licence": "CC BY 3.0"}) for p, slices in by_patient.items()]


def _bank_ct(data: Path, scale: int, rng: np.random.Generator, persons: set | None) -> Bank:
    bank = Bank(scale)
    for v in load_ct_patches(data) if persons is None else []:
        for patch in v.slices:
            bank.add(patch, False, 0.8)
    for v in load_ct(data):
        if v.held or (persons is not None and v.person not in persons):
            continue
        for sl in v.slices:
            # Crop to the body's rows and columns: half of a chest slice is air.
            body = sl > 0.12
            ys, xs = np.where(body.any(1))[0], np.where(body.any(0))[0]
            if len(ys) and len(xs):
                sl = sl[max(0, ys[0] - 8): ys[-1] + 9, max(0, xs[0] - 8): xs[-1] + 9]
            bank.add(sl, False, 1.0)
            f = rng.uniform(0.6, 0.95)
            h, w = (int(n * f) // 8 * 8 for n in sl.shape)
            if min(h, w) >= 96:
                t = torch.nn.functional.interpolate(torch.from_numpy(np.ascontiguousarray(sl))[None, None], size=(h, w),
                                                    mode="bicubic", antialias=True)[0, 0].numpy()
                bank.add(t, False, 0.35)
    bank.finish()
    return bank


def make_bank(modality: str, data: Path, scale: int, seed: int, persons: set | None = None) -> Bank:
    """The training bank of a modality: training persons only; with `persons`, these of them and no LIDC patches."""
    rng = np.random.default_rng(seed)
    return (_bank_mr if modality == "MR" else _bank_ct)(data, scale, rng, persons)
