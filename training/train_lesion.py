"""Train a lesion inserter or remover.

`python train_lesion.py --kind nodule --task insert --data DIR --out FILE.pt [--minutes 25]`
An inserter starts from training/warm/<id>.safetensors when that is there (`--warm none` for fresh weights); a remover
from an inserter's checkpoint: `--task remove --from FILE.pt`.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from verisim_lab.checkpoint import load_fitting, load_warm
from verisim_lab.lesion_export import load_critic
from verisim_lab.lesion_finder import findability, train_finder
from verisim_lab.lesion_judge import Judge, Replay, Windows, steepness
from verisim_lab.lesion_likeness import Likeness
from verisim_lab.lesion_loop import Average, Run, bf16, cosine, prepare, set_rate
from verisim_lab.lesion_losses import inside_mean
from verisim_lab.lesion_net import LesionNet, PatchCritic, Z_LENGTH, critic_weights
from verisim_lab.manifest import MODELS
from verisim_lab.lesion_pairs import GliomaPairs, NodulePairs

WARM = Path(__file__).parent / "warm"
SETTINGS = {
    "nodule": dict(id="lesion-insert-ct-nodule", realism="realism-lesion-ct", pairs=NodulePairs, patch=64, found=0.05, window=40, widths=(32, 48, 80, 96), batch=6, critic=(48, 96, 128, 128)),
    "glioma": dict(id="lesion-insert-mr-glioma", realism="realism-lesion-mr", pairs=GliomaPairs, patch=128, found=0.0, window=96, widths=(40, 64, 96, 96), batch=4, critic=(48, 96, 128, 128)),
}
#: Weight of the diversity term. How findable a segmenter finds them (`found` above) is one more measure of lesion_likeness.py.
DIVERSITY = 4.0
#: Steps at the start in which only the critics learn, when the painter starts from weights and the judge does not.
CRITIC_FIRST = 200
#: Weight of the judge beside the patch critic; of its mean squared gradient, taken every so many steps.
JUDGE, R1, R1_EVERY = 0.5, 0.05, 8
#: Mean absolute difference inside the mask, between two noise vectors, that is enough.
SPREAD = 0.09
#: Batches that the segmenter of that loss learns from before the painter starts.
FINDER_STEPS = 500
#: Noise (model range) on what the critic sees, so that the stored grey grid is no hint.
HAZE = 0.01
#: Weight of the critic when a remover is trained; the errors against the truth weigh 4 (absolute) and 8 (squared).
REALISM = 0.007


def last(t):
    return t.contiguous(memory_format=torch.channels_last)


def noise_of(mask):
    return torch.randn(len(mask), Z_LENGTH)


def grain(image, amount):
    """`image` with noise of the given standard deviation."""
    return image + amount * torch.randn_like(image)


def build(kind, task="insert"):
    s = SETTINGS[kind]
    net = LesionNet(s["patch"], s["widths"], noise=task == "insert").to(memory_format=torch.channels_last)
    critic = PatchCritic(s["patch"], s["critic"]).to(memory_format=torch.channels_last)
    return net, critic


def score(critic, image, mask):
    """Weighted critic score a patch: the mean over both heads of the cells near the mask."""
    return sum((s * w).sum((1, 2, 3)) for s, w in zip(critic(image, mask), critic_weights(mask, critic.fold))) / 2


def start_insert(a, s, net, critic, judge, warm: Path) -> int:
    """Load what there is to start from; returns for how many steps the critics learn alone."""
    if a.source:
        source = torch.load(a.source, map_location="cpu", weights_only=False)["parts"]
        load_fitting(net, source["net"])
        if a.with_critic:
            critic.load_state_dict(source["critic"])
            judge.load_state_dict(source["judge"])
    elif not Path(a.out).exists() and warm.exists():
        print("warm start", warm.name, "left:", load_fitting(net, load_warm(warm)), flush=True)
        load_critic(critic, MODELS / f"{s['realism']}.onnx")
        return CRITIC_FIRST
    return 0


def train_insert(a, patients=None):
    """Train an inserter; `patients` restricts the training side (for the usefulness study)."""
    rng = prepare(a.seed, a.threads)
    s = SETTINGS[a.kind]
    few = {} if patients is None else {"patients": patients, "pool": 600}
    pairs = s["pairs"](a.data, seed=a.seed, **few)
    net, critic = build(a.kind)
    judge = Judge(critic.fold).to(memory_format=torch.channels_last)
    warm = Path(a.warm) if a.warm else WARM / f"{s['id']}.safetensors"
    alone = 0 if patients is not None else start_insert(a, s, net, critic, judge, warm)
    average, replay = Average(net), Replay()
    og = torch.optim.Adam(net.parameters(), 2e-4, betas=(0.0, 0.99))
    od = torch.optim.Adam([*critic.parameters(), *judge.parameters()], 4e-4, betas=(0.0, 0.99))
    print(*(sum(p.numel() for p in n.parameters()) for n in (net, critic, judge)), "parameters", flush=True)
    parts = {"net": net, "critic": critic, "judge": judge, "average": average.net, "og": og, "od": od}
    n, log, start = s["batch"], [], time.time()
    more = {findability(train_finder(pairs, FINDER_STEPS, np.random.default_rng(a.seed + 1000))): s["found"]} if s["found"] else {}
    likeness = Likeness(more, pairs.real(192, rng))
    for step, progress in Run(a.out, a.minutes, parts, a.seed, rng=rng, steps=a.steps):
        set_rate(og, cosine(progress, 2.5e-4, floor=0.1))
        set_rate(od, cosine(progress, 4e-4, floor=0.1))
        real, real_mask = pairs.real(3 * n, rng)  # for the critics and the measures; it paints on bare places alone
        image, mask = (last(t) for t in pairs.transplant(2 * n, rng))
        seen, seen_real = Windows(mask, s["window"], rng), Windows(real_mask, s["window"], rng)
        haze = lambda t: grain(t, HAZE)
        with bf16():
            fake = net(image, mask, noise_of(mask)).float()
        # critics
        fakes, fakes_mask = replay.swap(seen(fake.detach()), seen(mask), n, rng)
        shown, shown_mask = haze(seen_real(real)), seen_real(real_mask)
        regular = step % R1_EVERY == 0
        shown.requires_grad_(regular)
        both, both_mask = torch.cat([shown, haze(fakes)]), torch.cat([shown_mask, fakes_mask])
        with bf16():
            value, answer = score(critic, both.detach(), both_mask).float(), judge(both, both_mask).float()
        k = len(shown)
        up, down = value[:k], value[k:]
        loss_d = F.relu(1 - up).mean() + F.relu(1 + down).mean()
        loss_j = F.softplus(-answer[:k]).mean() + F.softplus(answer[k:]).mean()
        loss = loss_d + loss_j
        if regular:
            loss = loss + R1 / 2 * R1_EVERY * steepness(answer[:k], shown)
        od.zero_grad(set_to_none=True)
        loss.backward()
        od.step()
        if step < alone:
            continue
        # painter; some of the patches are painted twice, with other noise
        critic.requires_grad_(False)
        judge.requires_grad_(False)
        again = slice(2 * n // 3)
        with bf16():
            twin = net(image[again], mask[again], noise_of(mask[again])).float()
            view, view_mask = haze(seen(fake)), seen(mask)
            value, verdict = score(critic, view, view_mask).float(), judge(view, view_mask).float()
        adversarial = JUDGE * F.softplus(-verdict).mean() - value.mean()
        soft = lambda t: F.avg_pool2d(t, 5, 1, 2)
        spread = inside_mean((soft(fake[again]) - soft(twin)).abs(), mask[again])
        diversity = F.relu(SPREAD - spread).mean()
        alike, values = likeness.loss((real, real_mask), (torch.cat([fake, twin]), torch.cat([mask, mask[again]])))
        loss_g = alike + adversarial + DIVERSITY * diversity
        og.zero_grad(set_to_none=True)
        loss_g.backward()
        og.step()
        critic.requires_grad_(True)
        judge.requires_grad_(True)
        average.update(net, step)
        log.append([loss_d.item(), loss_j.item(), value.mean().item(), verdict.mean().item(), spread.mean().item(), *values])
        if step % 50 == 49:
            names = ("D", "J", "G", "verdict", "spread", *likeness.names)
            print(f"step {step + 1} {time.time() - start:.0f} s " + " ".join(f"{k} {v:.3f}" for k, v in zip(names, np.mean(log[-100:], 0))), flush=True)


def start_remover(net, source):
    """Take over an inserter's averaged weights; the decoder's convolution that also read grain loses those channels."""
    state = torch.load(source, map_location="cpu", weights_only=False)["parts"]["average"]
    own = net.state_dict()
    for name, value in own.items():
        theirs = state[name]
        own[name] = theirs if theirs.shape == value.shape else theirs[:, : value.shape[1]].clone()
    net.load_state_dict(own)


def train_remove(a):
    """Self-supervised: paint back what a mask hides in lesion-free tissue; a light critic keeps the texture."""
    rng = prepare(a.seed, a.threads)
    s = SETTINGS[a.kind]
    pairs = s["pairs"](a.data, seed=a.seed, pool=0)
    net, critic = build(a.kind, "remove")
    if a.source:
        start_remover(net, a.source)
    average = Average(net)
    og = torch.optim.Adam(net.parameters(), 4e-4, betas=(0.5, 0.99))
    od = torch.optim.Adam(critic.parameters(), 4e-4, betas=(0.0, 0.99))
    parts = {"net": net, "critic": critic, "average": average.net, "og": og, "od": od}
    n, log, start = 2 * s["batch"], [], time.time()
    for step, progress in Run(a.out, a.minutes, parts, a.seed, rng=rng, steps=a.steps):
        set_rate(og, cosine(progress, 5e-4, floor=0.05))
        set_rate(od, cosine(progress, 3e-4, floor=0.1))
        image, mask = (last(t) for t in pairs.healthy(n, rng))
        with bf16():
            fake = net(image, mask).float()
            up = score(critic, last(grain(image, HAZE)), mask).float()
            down = score(critic, last(grain(fake.detach(), HAZE)), mask).float()
        loss_d = F.relu(1 - up).mean() + F.relu(1 + down).mean()
        od.zero_grad(set_to_none=True)
        loss_d.backward()
        od.step()
        critic.requires_grad_(False)
        with bf16():
            value = score(critic, last(grain(fake, HAZE)), mask).float()
        critic.requires_grad_(True)
        error = inside_mean((fake - image).abs(), mask).mean()
        square = inside_mean((fake - image) ** 2, mask).mean()
        loss_g = 4 * error + 8 * square - REALISM * value.mean()
        og.zero_grad(set_to_none=True)
        loss_g.backward()
        og.step()
        average.update(net, step)
        log.append([loss_d.item(), value.mean().item(), error.item(), square.item() ** 0.5])
        if step % 100 == 99:
            row = np.mean(log[-100:], 0)
            print(f"step {step + 1} {time.time() - start:.0f} s D {row[0]:.3f} G {row[1]:.3f} error {row[2]:.4f} rms {row[3]:.4f}",
                  flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--kind", choices=SETTINGS, required=True)
    p.add_argument("--task", choices=("insert", "remove"), default="insert")
    p.add_argument("--data", required=True)
    p.add_argument("--out", required=True, help="checkpoint; a second run goes on from it")
    p.add_argument("--from", dest="source", help="checkpoint of the inserter to start from (its painter only)")
    p.add_argument("--warm", help="warm-start file instead of training/warm/<id>.safetensors; none for fresh weights")
    p.add_argument("--with-critic", action="store_true", help="take over the inserter's critic and judge too")
    p.add_argument("--minutes", type=float, default=25)
    p.add_argument("--steps", type=int, help="instead of --minutes: the same run on a machine of any speed")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    (train_insert if a.task == "insert" else train_remove)(a)


if __name__ == "__main__":
    main()
