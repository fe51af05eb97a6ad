"""What limits super-resolution: gain against the size of the network and the number of persons it learnt from.

    python -m verisim_lab.sr_study --id sr-mr-x2 --data DIR --steps 8000 --out study.json [--write-card]

Every run starts from fresh weights, sees the same seed and as many steps, and is judged on the middle slices of
held-out persons. Runs that stand in the output file already are not repeated.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from .cards import write_card
from .checkpoint import Ema, cosine, seed_everything
from .lesion_loop import fast_bfloat16
from .sr_data import load_ct, load_mr, make_bank
from .sr_network import SrNet
from .sr_train import CONFIG, faithful_step, quick_validation, validate_gains

WIDTHS = (12, 24, 48, 96)
SHARES = (0.34, 0.67)  # of the training persons, for the shipped width


def training_persons(modality: str, data: Path) -> list[str]:
    """Names of the persons that are not held out, in an order that never changes."""
    return sorted({v.person for v in (load_mr(data) if modality == "MR" else load_ct(data)) if not v.held})


def train(config: dict, bank, items, width: int, steps: int, batch: int, patch: int, seed: int) -> dict:
    """Train a network of this width for so many steps; gains in dB by "track/set"."""
    seed_everything(seed)
    net = SrNet(config["scale"], width, config["dilations"])
    ema = Ema(net, 0.999)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.99), fused=True)
    rng = np.random.default_rng(seed)
    for step in range(1, steps + 1):
        net.bfloat16 = fast_bfloat16() and step < 0.88 * steps
        for group in optimiser.param_groups:
            group["lr"] = cosine(step / steps, 1e-3, 1e-6)
        faithful_step(net, optimiser, ema, bank.draw(rng, batch, patch, config["modality"]), config["modality"], step)
    return validate_gains(ema.module, items)


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True, choices=CONFIG)
    p.add_argument("--data", required=True, type=Path)
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--steps", type=int, default=8000)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--patch", type=int, default=64)
    p.add_argument("--seed", type=int, default=20261127)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--write-card", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    config = CONFIG[a.id]
    persons = training_persons(config["modality"], a.data)
    items = quick_validation(config["modality"], a.data, config["scale"])
    shuffled = [persons[i] for i in np.random.default_rng(a.seed).permutation(len(persons))]
    plan = [(w, len(persons)) for w in WIDTHS] + [(config["width"], max(1, round(s * len(persons)))) for s in SHARES]
    rows = json.loads(a.out.read_text()) if a.out.exists() else []
    banks: dict = {}
    for width, count in sorted(plan, key=lambda r: (-r[1], r[0])):
        if any(r["width"] == width and r["persons"] == count for r in rows):
            continue
        if count not in banks:
            banks = {count: make_bank(config["modality"], a.data, config["scale"], a.seed, set(shuffled[:count]))}
        start = time.monotonic()
        gains = train(config, banks[count], items, width, a.steps, a.batch, a.patch, a.seed)
        parameters = sum(k.numel() for k in SrNet(config["scale"], width, config["dilations"]).kernels())
        row = {"width": width, "parameters": parameters, "persons": count,
               **{k: round(v, 3) for k, v in gains.items()}}
        for track in ("I", "K"):
            of_track = [v for k, v in gains.items() if k.startswith(track + "/")]
            if of_track:
                row[f"mean {track}"] = round(float(np.mean(of_track)), 3)
        rows.append(row)
        a.out.write_text(json.dumps(rows, indent=1))
        print(f"{time.monotonic() - start:.0f} s", json.dumps(row), flush=True)
    if a.write_card:
        write_card(a.id, {"figures": [{
            "name": "what limits the gain",
            "command": f"python -m verisim_lab.sr_study --id {a.id} --data DIR --steps {a.steps} --out FILE --write-card",
            "note": "dB over the track's baseline on the middle slices of held-out persons: networks of 12 to 96 channels "
                    "and of fewer training persons, each trained from fresh weights for the same number of steps. A row "
                    "that adds nothing to the one before it says that this is not what limits.",
            "table": sorted(rows, key=lambda r: (r["persons"], r["width"]))}]})


if __name__ == "__main__":
    main()
