"""Checks a folder against nnU-Net v2's dataset format (documentation/dataset_format.md), with nibabel alone.

usage: check_nnunet.py DATASET_FOLDER    prints one line and ends with 0, or names what is wrong and ends with 1
"""
import json
import re
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

root = Path(sys.argv[1])
problems = []


def need(ok, words):
    if not ok:
        problems.append(words)


need(re.fullmatch(r"Dataset\d{3}_[A-Za-z0-9_-]+", root.name), f"folder name {root.name}")
info = json.loads((root / "dataset.json").read_text())
for key in ("channel_names", "labels", "numTraining", "file_ending"):
    need(key in info, f"dataset.json lacks {key}")
ending = info["file_ending"]
channels = sorted(int(c) for c in info["channel_names"])
need(channels == list(range(len(channels))), "channels are not 0, 1, …")
ids = sorted(info["labels"].values())
need(info["labels"].get("background") == 0, "background is not 0")
need(ids == list(range(len(ids))), f"label ids are not consecutive: {ids}")

cases = {}
for part in ("Tr", "Ts"):
    images = sorted((root / f"images{part}").glob(f"*{ending}")) if (root / f"images{part}").exists() else []
    names = {}
    for image in images:
        match = re.fullmatch(r"(.+)_(\d{4})", image.name[: -len(ending)])
        need(match, f"image name {image.name}")
        if match:
            names.setdefault(match[1], []).append(int(match[2]))
    labels = {p.name[: -len(ending)] for p in (root / f"labels{part}").glob(f"*{ending}")} if (root / f"labels{part}").exists() else set()
    need(set(names) == labels, f"images{part} and labels{part} do not match")
    for name, found in names.items():
        need(sorted(found) == channels, f"{name} has channels {found}")
        label = nib.load(root / f"labels{part}" / f"{name}{ending}")
        values = np.unique(np.asarray(label.dataobj))
        need(set(values.tolist()) <= set(ids), f"{name} has label values {values}")
        for channel in found:
            image = nib.load(root / f"images{part}" / f"{name}_{channel:04d}{ending}")
            need(image.shape == label.shape, f"{name}: shapes {image.shape} and {label.shape}")
            need(np.allclose(image.affine, label.affine), f"{name}: affines differ")
            need(np.isfinite(np.asarray(image.dataobj)).all(), f"{name}: not finite")
    cases[part] = set(names)
need(len(cases["Tr"]) == info["numTraining"], f"numTraining {info['numTraining']}, {len(cases['Tr'])} found")

for fold, split in enumerate(json.loads((root / "splits_final.json").read_text())):
    train, val = set(split["train"]), set(split["val"])
    need(train | val <= cases["Tr"], f"fold {fold} names unknown cases")
    need(not train & val, f"fold {fold} overlaps")
    patient = lambda case: case.split("_")[0]  # noqa: E731
    need(not {patient(c) for c in train} & {patient(c) for c in val}, f"fold {fold} splits a patient")
    need(all(c.endswith("_real") for c in val), f"fold {fold} validates on generated cases")

data = json.loads((root / "datalist.json").read_text())
for entry in data["training"] + data["test"]:
    for key in ("image", "label"):
        need((root / entry[key]).exists(), f"datalist names {entry[key]}")
need(len(data["training"]) == data["numTraining"] == info["numTraining"], "datalist counts")

print("\n".join(problems[:20]) if problems else f"{len(cases['Tr'])} training and {len(cases['Ts'])} test cases follow the rules")
sys.exit(1 if problems else 0)
