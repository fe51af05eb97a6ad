"""Reads the same items from every format of a set with other people's readers and compares the numbers.

pydicom for DICOM, nibabel for NIfTI, numpy for NPZ, pycocotools for COCO. usage: check_formats.py SET_FOLDER
"""
import hashlib
import json
import struct
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
from PIL import Image

root = Path(sys.argv[1])
manifest = json.loads((root / "manifest.json").read_text())
problems = []
pictures = json.loads((root / "png/pictures.json").read_text())
pictured = {Path(p["file_name"]).stem: p for p in pictures["images"]}
class_names = [c["name"] for c in manifest["classes"]]
seen = {"dicom": 0, "nifti": 0, "npz": 0, "coco": 0}


def need(ok, words):
    if not ok:
        problems.append(words)


for item in manifest["items"]:
    for file in item["files"]:
        data = (root / file["path"]).read_bytes()
        need(hashlib.sha256(data).hexdigest() == file["sha256"] and len(data) == file["bytes"], f"hash of {file['path']}")
    path = {f["path"].split("/")[0] + "/" + f["role"]: f["path"] for f in item["files"]}
    z = np.load(root / path["npz/image"])
    image, label = z["image"].astype(float), z["label"]
    need(z["class_names"].tolist() == class_names, f"{item['id']}: class names of NPZ")
    picture = pictured[item["id"]]
    grey = np.asarray(Image.open(root / "png" / picture["file_name"])).astype(float) * picture["grey"]["slope"] + picture["grey"]["intercept"]
    need(np.array_equal(grey.astype(np.float32), image.astype(np.float32)), f"{item['id']}: PNG and NPZ differ by {np.abs(grey - image).max()}")
    need(np.array_equal(np.asarray(Image.open(root / "png" / picture["mask"])), label), f"{item['id']}: PNG mask")
    need(np.allclose(picture["pixel_spacing_mm"], z["spacing_mm"]), f"{item['id']}: spacing of PNG")
    seen["npz"] += 1
    d = pydicom.dcmread(root / path["dicom/image"])
    raw = np.frombuffer(d.PixelData, "<i2" if d.PixelRepresentation else "<u2").reshape(d.Rows, d.Columns)
    values = raw * float(d.get("RescaleSlope", 1)) + float(d.get("RescaleIntercept", 0))
    need(np.array_equal(values, image), f"{item['id']}: DICOM and NPZ differ by {np.abs(values - image).max()}")
    need((item["kind"] == "generated") == (d.get((0x0008, 0x001C)) is not None and d[0x0008, 0x001C].value == "YES"), f"{item['id']}: Synthetic Data")
    need((item["kind"] == "generated") == str(d.SeriesDescription).startswith("SYNTHETIC"), f"{item['id']}: series description")
    need(d.PatientIdentityRemoved == "YES", f"{item['id']}: not de-identified")
    seen["dicom"] += 1
    n = nib.load(root / path["nnunet/image"])
    need(np.array_equal(n.get_fdata()[:, :, 0].T, image), f"{item['id']}: NIfTI and NPZ differ")
    need(np.array_equal(np.asarray(nib.load(root / path["nnunet/label"]).dataobj)[:, :, 0].T, label), f"{item['id']}: labels differ")
    lps = n.affine @ [0, 0, 0, 1]
    need(np.allclose([-lps[0], -lps[1], lps[2]], [float(v) for v in d.ImagePositionPatient], atol=1e-3), f"{item['id']}: position")
    need(np.allclose(n.header.get_zooms()[:2], [float(d.PixelSpacing[1]), float(d.PixelSpacing[0])]), f"{item['id']}: spacing")
    need(np.allclose(n.affine, z["affine"], atol=1e-4), f"{item['id']}: affine of NPZ")
    seen["nifti"] += 1

need([n for n, _ in sorted(pictures["labels"].items(), key=lambda p: p[1])] == class_names, "class names of PNG")

from pycocotools.coco import COCO  # noqa: E402

for part in ("train", "val", "test"):
    coco = COCO(str(root / f"png/annotations/{part}.json"))
    for index in coco.getImgIds():
        info = coco.loadImgs(index)[0]
        name = Path(info["file_name"]).stem
        label = np.load(root / f"npz/{name}.npz")["label"]
        png = (root / "png" / info["file_name"]).read_bytes()
        width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
        need((width, height, depth, colour) == (info["width"], info["height"], 16, 0), f"{name}: PNG header")
        union = np.zeros_like(label)
        for annotation in coco.loadAnns(coco.getAnnIds(index)):
            mask = coco.annToMask(annotation)
            need(not (union & mask).any(), f"{name}: objects overlap")
            union |= mask
            need((label[mask.astype(bool)] == annotation["category_id"]).all(), f"{name}: mask of class {annotation['category_id']}")
            need(annotation["area"] == mask.sum(), f"{name}: area")
            ys, xs = np.nonzero(mask)
            need(annotation["bbox"] == [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1], f"{name}: box")
            seen["coco"] += 1
        need(np.array_equal(union.astype(bool), label > 0), f"{name}: objects and label differ")

print("\n".join(problems[:20]) if problems else f"same numbers everywhere: {seen}")
sys.exit(1 if problems else 0)
