"""Labelled sets as NumPy and pycocotools make them. make_foreign_sets.py FOLDER: npz/ (several types, orders and
ranks), coco/ (polygons, compressed and uncompressed RLE over 8-bit pictures), and the masks as raw bytes in truth.json."""
import base64, json, struct, sys, zlib
from pathlib import Path

import numpy as np
from pycocotools import mask as rle

out = Path(sys.argv[1])
for name in ("npz", "coco/val", "coco/annotations"):
    (out / name).mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(5)
truth = {"npz": {}, "coco": {}}
raw = lambda a: base64.b64encode(np.ascontiguousarray(a).astype(np.uint8).tobytes()).decode()

image = rng.integers(-1000, 2000, (3, 21, 34))
label = (rng.random((3, 21, 34)) > 0.7) * rng.integers(1, 5, (3, 21, 34))
cases = {
    "int64": dict(image=image[0], label=label[0]),
    "big_endian": dict(image=image[0].astype(">i2"), mask=label[0].astype(">u2")),
    "fortran": dict(img=np.asfortranarray(image[0].astype(np.float32)), gt=np.asfortranarray(label[0])),
    "fortran_volume": dict(imgs=np.asfortranarray(image), gts=np.asfortranarray(label)),
    "volume": dict(imgs=image.astype(np.float64), gts=label.astype(np.uint8), affine=np.diag([0.7, 0.8, 2.5, 1.0])),
    "half_and_bool": dict(data=image[0].astype(np.float16), seg=label[0] > 0),
    "channel": dict(image=image[0][..., None].astype(np.int16), label=label[0][..., None].astype(np.int32)),
}
for name, arrays in cases.items():
    (np.savez_compressed if len(name) % 2 else np.savez)(out / "npz" / f"{name}.npz", **arrays)
    a, b = [np.squeeze(v) for v in list(arrays.values())[:2]]
    truth["npz"][name] = {"label": raw(b), "first": float(np.atleast_3d(a).reshape(-1)[0] if a.ndim < 3 else a[0, 0, 0]), "shape": list(a.shape), "second": float(a[..., 0, 1].reshape(-1)[0])}


def png(a):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    h, w = a.shape
    rows = b"".join(b"\0" + a[y].astype(np.uint8).tobytes() for y in range(h))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


images, annotations = [], []
for i in range(12):
    h, w = int(rng.integers(17, 60)), int(rng.integers(17, 60))
    name = f"{i:06d}.png"
    (out / "coco/val" / name).write_bytes(png(rng.integers(0, 255, (h, w))))
    images.append({"id": 100 + i, "file_name": name, "width": w, "height": h})
    masks = {}
    for n in range(4):
        category = int(rng.integers(1, 4)) * 20
        if i % 3 == 0:  # polygons, some beyond the border, some with a repeated point
            k = int(rng.integers(3, 9))
            rings = [[float(v) for p in range(k) for v in (rng.uniform(-4, w + 4), rng.uniform(-4, h + 4))] for _ in range(1 + n % 2)]
            segmentation = rings
            m = rle.decode(rle.merge(rle.frPyObjects(rings, h, w)))
        else:
            m = np.asfortranarray((rng.random((h, w)) > 0.6).astype(np.uint8)) if n else np.asfortranarray(np.ones((h, w), np.uint8))
            coded = rle.encode(m)
            segmentation = {"size": coded["size"], "counts": coded["counts"].decode()}
            if i % 3 == 2:
                flat, runs, value = m.reshape(-1, order="F"), [], 0
                at = 0
                while at < len(flat):
                    start = at
                    while at < len(flat) and flat[at] == value:
                        at += 1
                    runs.append(at - start)
                    value = 1 - value
                segmentation = {"size": [h, w], "counts": runs}
        annotations.append({"id": len(annotations) + 1, "image_id": 100 + i, "category_id": category, "segmentation": segmentation, "bbox": [0, 0, w, h], "area": int(m.sum()), "iscrowd": 0 if i % 3 == 0 else 1})
        masks[category] = np.maximum(masks.get(category, 0), m)
    truth["coco"][name] = {str(c): raw(m) for c, m in masks.items()}
categories = [{"id": 20 * (k + 1), "name": n} for k, n in enumerate(["liver", "tumour", "cyst"])]
(out / "coco/annotations/instances_val.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
(out / "truth.json").write_text(json.dumps(truth))
