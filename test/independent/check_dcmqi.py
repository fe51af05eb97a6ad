"""Reads DICOM SEG with dcmqi, the library that 3D Slicer's QuantitativeReporting reads them with, and compares voxels and places.

usage: check_dcmqi.py EXPECTED_JSON
EXPECTED_JSON: [{ "seg": path, "images": [{ "position": mm, "direction": cosines, "spacing": [rows, columns], "size": [columns, rows],
"masks": { segment label: base64 of one byte a pixel } }] }], positions and directions in DICOM's LPS.
"""
import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import dcmqi
import nibabel as nib
import numpy as np

program = Path(dcmqi.__file__).parent / "bin" / "segimage2itkimage"
problems = []
frames = voxels = 0


def compare(case, label, volume):
    """Every mask lies in the volume at its image's place, voxel for voxel, and the volume holds nothing else."""
    global frames, voxels
    to_voxel = np.linalg.inv(np.diag([-1, -1, 1, 1]) @ volume.affine)
    data = np.asarray(volume.dataobj) != 0
    left = int(data.sum())
    for image in case["images"]:
        if label not in image["masks"]:
            continue
        columns, rows = image["size"]
        mask = np.frombuffer(base64.b64decode(image["masks"][label]), np.uint8).reshape(rows, columns) != 0
        row, column = np.array(image["direction"][:3]), np.array(image["direction"][3:])
        corners = [np.array(image["position"]) + row * image["spacing"][1] * x + column * image["spacing"][0] * y for x, y in ((0, 0), (columns - 1, 0), (0, rows - 1))]
        origin, right, down = (to_voxel @ [*c, 1] for c in corners)
        k = round(origin[2])
        places = np.array([origin[:3] - [0, 0, k], right[:3] - [columns - 1, 0, k], down[:3] - [0, rows - 1, k]])
        if np.abs(places).max() > 0.01 or not 0 <= k < data.shape[2]:
            problems.append(f"{case['seg']}: {label} lies {places.tolist()} voxels away, slice {k} of {data.shape[2]}")
            return
        if not np.array_equal(data[:, :, k].T, mask):
            problems.append(f"{case['seg']}: {label} differs in {int((data[:, :, k].T != mask).sum())} voxels of slice {k}")
        left -= int(mask.sum())
        frames += 1
        voxels += int(mask.sum())
    if left:
        problems.append(f"{case['seg']}: {label} has {left} voxels more than it should")


cases = json.loads(Path(sys.argv[1]).read_text())
for case in cases:
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([program, "--inputDICOM", case["seg"], "--outputDirectory", out, "--outputType", "nifti"], capture_output=True, text=True, check=False)
        if done.returncode or "ERROR" in done.stdout + done.stderr:
            problems.append(f"{case['seg']}: {(done.stdout + done.stderr)[-400:]}")
            continue
        meta = json.loads((Path(out) / "meta.json").read_text())
        named = {s["SegmentLabel"]: s["labelID"] for group in meta["segmentAttributes"] for s in group}
        wanted = {label for image in case["images"] for label in image["masks"]}
        if set(named) != wanted:
            problems.append(f"{case['seg']}: segments {sorted(named)} in place of {sorted(wanted)}")
            continue
        for label, number in named.items():
            compare(case, label, nib.load(Path(out) / f"{number}.nii.gz"))

print("\n".join(problems[:20]) if problems else f"dcmqi reads the same: {len(cases)} files, {frames} frames, {voxels} voxels")
sys.exit(1 if problems else 0)
