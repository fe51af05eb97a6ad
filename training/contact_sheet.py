"""Contact sheet of real (upper row of each pair) and synthetic (lower row) lesions of held-out patients.

`python contact_sheet.py --kind nodule --data DIR --out sheet.png [--checkpoint FILE.pt]`
Same masks in both rows: above the donor's own lesion, below the same mask filled at another patient's lesion-free place.
`--variations` fills one place with eight noise vectors a row instead.
"""

import argparse

import numpy as np
from PIL import Image

from verisim_lab.lesion_cases import RIM, evaluation_pairs, with_rim
from verisim_lab.lesion_infer import Shipped, Trained, draw_z

WINDOW = {"nodule": (-0.1, 1.1), "glioma": (0.0, 1.25)}
ID = {"nodule": "lesion-insert-ct-nodule", "glioma": "lesion-insert-mr-glioma"}


def tile(image, window, zoom, mask=None):
    grey = np.clip((image - window[0]) / (window[1] - window[0]), 0, 1)
    rgb = np.repeat((grey * 255).astype(np.uint8)[..., None], 3, 2).repeat(zoom, 0).repeat(zoom, 1)
    if mask is not None:
        big = mask.astype(bool).repeat(zoom, 0).repeat(zoom, 1)
        edge = big & ~(np.roll(big, 1, 0) & np.roll(big, -1, 0) & np.roll(big, 1, 1) & np.roll(big, -1, 1))
        rgb[edge] = [255, 80, 60]
    return np.pad(rgb, ((1, 1), (1, 1), (0, 0)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kind", choices=ID, required=True)
    p.add_argument("--data", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--checkpoint", help="a training checkpoint instead of the shipped file")
    p.add_argument("--columns", type=int, default=10)
    p.add_argument("--rows", type=int, default=4, help="pairs of rows")
    p.add_argument("--zoom", type=int)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--variations", action="store_true")
    p.add_argument("--grown", type=int, default=RIM, help="fill the readers' outline grown by so many pixels (default: as the inserters were trained)")
    p.add_argument("--outline", action="store_true", help="a third row: the synthetic one with the mask's outline")
    a = p.parse_args()
    painter = Trained(a.checkpoint, a.kind) if a.checkpoint else Shipped(ID[a.kind])
    zoom = a.zoom or (3 if a.kind == "nodule" else 1)
    rng = np.random.default_rng(a.seed)
    cases = evaluation_pairs(a.kind, a.data, held_out=True, count=a.columns * a.rows, seed=a.seed)
    cases = with_rim(cases, a.grown)
    lines = []
    for r in range(a.rows):
        row = cases[r * a.columns:(r + 1) * a.columns]
        if a.variations:
            c = row[0]
            lines.append([tile(c.place, WINDOW[a.kind], zoom, c.mask)] +
                         [tile(painter(c.place, c.mask, draw_z(rng)), WINDOW[a.kind], zoom) for _ in range(a.columns - 1)])
            continue
        lines.append([tile(c.real, WINDOW[a.kind], zoom) for c in row])
        made = [painter(c.place, c.mask, draw_z(rng)) for c in row]
        lines.append([tile(m, WINDOW[a.kind], zoom) for m in made])
        if a.outline:
            lines.append([tile(m, WINDOW[a.kind], zoom, c.mask) for m, c in zip(made, row)])
    Image.fromarray(np.concatenate([np.concatenate(line, 1) for line in lines], 0)).save(a.out)


if __name__ == "__main__":
    main()
