"""Faithful weights that were made again beside the shipped ones, onto the card: python -m verisim_lab.sr_again --id sr-mr-x2 --checkpoint FILE --data DIR"""

import argparse
from pathlib import Path

from .cards import AGAIN, write_card
from .sr_train import CONFIG, WARM, build, load_averaged, quick_validation, validate_gains


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True, choices=CONFIG)
    p.add_argument("--checkpoint", required=True, type=Path)
    p.add_argument("--data", required=True, type=Path)
    a = p.parse_args()
    items = quick_validation(CONFIG[a.id]["modality"], a.data, CONFIG[a.id]["scale"])
    rows = []
    for name, path in (("shipped", WARM / f"{a.id}.safetensors"), ("made again", a.checkpoint)):
        net = build(a.id).eval()
        net.load_collapsed(load_averaged(path))
        rows.append({"weights": name, **{k: round(v, 3) for k, v in validate_gains(net, items).items()}})
        print(rows[-1], flush=True)
    write_card(a.id, {"figures": [{
        "name": f"Faithful weights{AGAIN}", "command": f"python -m verisim_lab.reproduce --id {a.id} --data DIR --compare", "table": rows,
        "note": "dB over the track's baseline on six middle slices a set of held-out persons. Shipped: trained in several sessions, each on from the "
                "last. Made again: by one command, from fresh weights."}]})


if __name__ == "__main__":
    main()
