"""Train a lesion segmenter on real data: `python train_segment.py --kind nodule --data DIR --out FILE.pt`.

It starts from training/warm/<id>.safetensors when that is there (`--warm none` for fresh weights).
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from verisim_lab.checkpoint import load_fitting, load_warm
from verisim_lab.lesion_data import load_glioma, load_nodules
from verisim_lab.lesion_loop import Average, Run, bf16, cosine, prepare, set_rate
from verisim_lab.segment_data import GliomaSlices, NoduleTiles
from verisim_lab.segment_net import SegmentNet

WARM = Path(__file__).parent / "warm"
SETTINGS = {
    "nodule": dict(id="segment-ct-nodule", widths=(16, 32, 64, 96), batch=24, tiles=NoduleTiles),
    "glioma": dict(id="segment-mr-glioma", widths=(16, 32, 64, 96, 96), batch=6, tiles=GliomaSlices),
}


def loss_of(logits, mask):
    """Binary cross-entropy plus soft Dice over the batch."""
    bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, mask)
    p = torch.sigmoid(logits)
    dice = 1 - (2 * (p * mask).sum() + 1) / ((p + mask).sum() + 1)
    return bce * 2 + dice


@torch.no_grad()
def held_out_dice(net, kind, data, limit=200):
    """Mean Dice at threshold 0.5 over a subset of held-out lesion images (figure for the log only)."""
    net.eval()
    if kind == "nodule":
        d = load_nodules(data, held_out=True)
        at = np.random.default_rng(1).integers(0, 33, (len(d.image), 2))  # the nodule may lie anywhere
        pairs = [(i[y:y + 64, x:x + 64], m[y:y + 64, x:x + 64]) for i, m, (y, x) in zip(d.image, d.mask, at)]
        pairs = [q for q in pairs if q[1].any()]
    else:
        pairs = [(s.image, s.mask) for s in load_glioma(data, held_out=True) if s.mask.any()]
    pick = np.random.default_rng(0).permutation(len(pairs))[:limit]
    score = []
    for i in pick:
        image, mask = pairs[i]
        found = net(torch.from_numpy(image)[None, None])[0, 0].numpy() > 0
        score.append(2 * (found & mask).sum() / max(1, found.sum() + mask.sum()))
    return float(np.mean(score)), float(np.median(score))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--kind", choices=SETTINGS, required=True)
    p.add_argument("--data", required=True)
    p.add_argument("--out", required=True, help="checkpoint; a second run goes on from it")
    p.add_argument("--minutes", type=float, default=8)
    p.add_argument("--steps", type=int, help="instead of --minutes: the same run on a machine of any speed")
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--warm", help="warm-start file instead of training/warm/<id>.safetensors; none for fresh weights")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    rng = prepare(a.seed, a.threads)
    s = SETTINGS[a.kind]
    tiles = s["tiles"](a.data)
    net = SegmentNet(s["widths"]).to(memory_format=torch.channels_last)
    warm = Path(a.warm) if a.warm else WARM / f"{s['id']}.safetensors"
    if warm.exists() and not Path(a.out).exists():
        print("warm start", warm.name, "left:", load_fitting(net, load_warm(warm)), flush=True)
    average = Average(net, 0.99)
    optimiser = torch.optim.AdamW(net.parameters(), a.rate, weight_decay=1e-4)
    print(sum(q.numel() for q in net.parameters()), "parameters", flush=True)
    start, recent = time.time(), []
    parts = {"net": net, "average": average.net, "optimiser": optimiser}
    for step, progress in Run(a.out, a.minutes, parts, a.seed, rng=rng, steps=a.steps):
        set_rate(optimiser, cosine(progress, a.rate))
        net.train()
        image, mask = tiles.batch(s["batch"], rng)
        with bf16():
            logits = net(image.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), mask)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
        optimiser.step()
        average.update(net, step)
        recent.append(loss.item())
        if step % 100 == 99:
            print(f"step {step + 1} {time.time() - start:.0f} s loss {np.mean(recent[-100:]):.4f}", flush=True)
        if step % 500 == 499:
            print("held-out Dice mean, median", held_out_dice(average.net, a.kind, a.data, 100), flush=True)
    print("final held-out Dice mean, median", held_out_dice(average.net, a.kind, a.data, 1000), flush=True)


if __name__ == "__main__":
    main()
