"""Set an inserter's output level: `python calibrate_lesion.py --kind nodule --data DIR --checkpoint IN.pt --out OUT.pt`

A painter that a critic taught paints too faintly: where nothing has to be restored, faint is safe. Its last convolution
is linear, so a gain and an offset of the painting can be put into that layer. Both are fitted here on training-side
patients: the pair that brings grey, spread, contrast and edge closest to real lesions' (sum of Wasserstein distances in
units of the real standard deviation). Nothing else of the network changes, and no held-out patient is looked at.
"""

import argparse

import numpy as np
import torch
from scipy.stats import wasserstein_distance

from verisim_lab.lesion_cases import RIM, evaluation_pairs, with_rim
from verisim_lab.lesion_infer import Trained, draw_z
from verisim_lab.lesion_measure import describe_lesion
from verisim_lab.lesion_net import soften

MEASURES = ("mean", "spread", "contrast", "edge step", "core to rim")
GAINS = np.round(np.arange(0.7, 1.61, 0.1), 2)
OFFSETS = np.round(np.arange(-0.1, 0.301, 0.025), 3)


@torch.no_grad()
def paintings(painter, cases, seed):
    """(place, mask, unmixed painting, softened mask) of each case."""
    rng = np.random.default_rng(seed)
    tensor = lambda a: torch.from_numpy(np.ascontiguousarray(a, np.float32))[None, None]
    for c in cases:
        mask = tensor(c.mask)
        z = torch.from_numpy(draw_z(rng))[None]
        yield c.place, c.mask, painter.net.paint(tensor(c.place), mask, z)[0, 0].numpy(), soften(mask)[0, 0].numpy()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kind", choices=("nodule", "glioma"), required=True)
    p.add_argument("--data", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--cases", type=int, default=250)
    a = p.parse_args()
    cases = with_rim(evaluation_pairs(a.kind, a.data, False, a.cases, seed=31), RIM)
    real = [describe_lesion(c.real, c.mask) for c in cases]
    made = list(paintings(Trained(a.checkpoint, a.kind), cases, 32))
    spread = {m: max(np.std([r[m] for r in real]), 1e-9) for m in MEASURES}

    def distance(gain, offset):
        ours = [describe_lesion(place + soft * (gain * paint + offset - place), mask) for place, mask, paint, soft in made]
        return sum(wasserstein_distance([r[m] for r in real], [o[m] for o in ours]) / spread[m] for m in MEASURES)

    best = (distance(1.0, 0.0), 1.0, 0.0)
    print(f"gain 1.00 offset 0.000: {best[0]:.3f}", flush=True)
    for offset in OFFSETS:  # first the level, then both about the best
        best = min(best, (distance(1.0, offset), 1.0, float(offset)))
    level = best[2]
    for gain in GAINS:
        for offset in level + (1.0 - gain) * 0.5 + np.array([-0.05, 0.0, 0.05]):
            best = min(best, (distance(gain, offset), float(gain), float(offset)))
    print(f"gain {best[1]:.2f} offset {best[2]:.3f}: {best[0]:.3f}", flush=True)
    state = torch.load(a.checkpoint, map_location="cpu", weights_only=False)
    for name in ("net", "average"):
        part = state["parts"][name]
        for scaled in ("head.weight", "amount.weight", "amount.bias"):  # the last two: of the filtered noise, where there is any
            if scaled in part:
                part[scaled] = part[scaled] * best[1]
        part["head.bias"] = part["head.bias"] * best[1] + best[2]
    torch.save(state, a.out)


if __name__ == "__main__":
    main()
