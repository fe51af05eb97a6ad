"""Ship a trained lesion model: `python export_lesion.py --id segment-ct-nodule --checkpoint FILE.pt`."""

import argparse
from pathlib import Path

import torch

from verisim_lab.manifest import MODELS


def load(checkpoint):
    return torch.load(checkpoint, map_location="cpu", weights_only=False)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--id", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--models", type=Path, default=MODELS)
    a = p.parse_args()
    state = load(a.checkpoint)
    kind = "nodule" if "-ct" in a.id else "glioma"
    if a.id.startswith("segment-"):
        from train_segment import SETTINGS
        from verisim_lab.segment_export import export_segmenter
        from verisim_lab.segment_net import SegmentNet
        net = SegmentNet(SETTINGS[kind]["widths"])
        net.load_state_dict(state["parts"]["average"])
        export_segmenter(a.id, net, a.models, state["seed"])
        return
    from train_lesion import build
    from verisim_lab.lesion_export import export_critic, export_painter
    net, critic = build(kind, "remove" if "remove" in a.id else "insert")
    if a.id.startswith("realism-"):
        critic.load_state_dict(state["parts"]["critic"])
        export_critic(a.id, critic, a.models, state["seed"])
    else:
        net.load_state_dict(state["parts"]["average"])
        export_painter(a.id, net, a.models, state["seed"])


if __name__ == "__main__":
    main()
