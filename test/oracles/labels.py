"""Independent readers of the corpus' labels: prints what the tests hold. Needs pydicom, highdicom, scikit-image, matplotlib.

    python test/oracles/labels.py ../shared/data/dicom/valid > test/golden/labels.json

SEG: highdicom and pydicom's own unpacking, sha256 over the frames (uint8 0/1, row-major).
RTSTRUCT: matplotlib's Path (point in polygon at pixel centres) for each contour, xor-ed over a slice, and
scikit-image's polygon; run lengths of every slice, so that a test can compute Dice.
"""

import hashlib
import json
import sys
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import skimage.draw
from matplotlib.path import Path as Polygon


def runs(mask):
    """Lengths of alternating runs of 0 and 1 over the flattened mask, beginning with 0."""
    flat = np.concatenate([[0], mask.ravel().astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(flat))
    return np.diff(np.concatenate([[0], edges])).tolist()


def segmentations(root):
    out = {}
    for file in sorted((root / "files").glob("pydicom-data__liver*.dcm")):
        d = pydicom.dcmread(file)
        if d.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.8.1":
            continue  # deflated frames: the pixel values are those of liver.dcm, checked by its own reference
        frames = d.pixel_array.astype(np.uint8)
        order = [f.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID for f in d.PerFrameFunctionalGroupsSequence]
        try:
            seg = highdicom.seg.segread(file)
            other = seg.get_pixels_by_source_instance(order, combine_segments=True, ignore_spatial_locations=True)
            assert np.array_equal(frames, other.astype(np.uint8)), file
            reader = f"pydicom {pydicom.__version__} and highdicom {highdicom.__version__}"
        except (AttributeError, TypeError, ValueError) as error:
            reader = f"pydicom {pydicom.__version__} (highdicom refuses: {error})"
        out[file.name] = {
            "reader": reader,
            "frames": len(frames),
            "voxels": [int(f.sum()) for f in frames],
            "sha256": [hashlib.sha256(f.tobytes()).hexdigest() for f in frames],
        }
    return out


def structures(root):
    out = {}
    for name in ("ct_ge_sts002", "mr_t1_sts002"):
        images = sorted((pydicom.dcmread(f, stop_before_pixels=True) for f in (root / "series" / name).glob("0*.dcm")), key=lambda d: float(d.ImagePositionPatient[2]))
        rs = pydicom.dcmread(root / "series" / name / "RTSTRUCT_RS.dcm")
        slices, agree = {}, []
        for roi in rs.ROIContourSequence:
            by_slice = {}
            for contour in roi.ContourSequence:
                p = np.array(contour.ContourData, float).reshape(-1, 3)
                k = int(np.argmin([abs(float(d.ImagePositionPatient[2]) - p[0, 2]) for d in images]))
                d = images[k]
                origin, spacing = np.array(d.ImagePositionPatient, float), [float(s) for s in d.PixelSpacing]
                xy = np.stack([(p[:, 0] - origin[0]) / spacing[1], (p[:, 1] - origin[1]) / spacing[0]], 1)
                by_slice.setdefault(k, []).append(xy)
            for k, polygons in by_slice.items():
                h, w = images[k].Rows, images[k].Columns
                grid = np.stack(np.meshgrid(np.arange(w), np.arange(h)), -1).reshape(-1, 2)
                mask = np.zeros((h, w), bool)
                other = np.zeros((h, w), bool)
                for xy in polygons:
                    mask ^= Polygon(np.concatenate([xy, xy[:1]])).contains_points(grid).reshape(h, w)
                    rr, cc = skimage.draw.polygon(xy[:, 1], xy[:, 0], (h, w))
                    one = np.zeros((h, w), bool)
                    one[rr, cc] = True
                    other ^= one
                agree.append(2 * (mask & other).sum() / (mask.sum() + other.sum()))
                slices[images[k].SOPInstanceUID] = runs(mask)
        out[name] = {"rows": images[0].Rows, "columns": images[0].Columns, "matplotlib_against_skimage_dice": round(float(np.mean(agree)), 5), "slices": slices}
    return out


if __name__ == "__main__":
    base = Path(sys.argv[1])
    json.dump({"seg": segmentations(base), "rtstruct": structures(base)}, sys.stdout)
