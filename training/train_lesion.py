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
from verisim_lab.lesion_finder import findability, train_finder
from verisim_lab.lesion_loop import Average, Run, bf16, cosine, prepare, set_rate
from verisim_lab.lesion_net import LesionNet, PatchCritic, Z_LENGTH, critic_weights
from verisim_lab.lesion_pairs import GliomaPairs, NodulePairs

WARM = Path(__file__).parent / "warm"
SETTINGS = {
    "nodule": dict(id="lesion-insert-ct-nodule", pairs=NodulePairs, patch=64, texture=0.4, found=0.05, widths=(32, 48, 80, 96), batch=6, critic=(48, 96, 128, 128)),
    "glioma": dict(id="lesion-insert-mr-glioma", pairs=GliomaPairs, patch=128, texture=0.4, found=0.0, widths=(40, 64, 96, 96), batch=4, critic=(48, 96, 128, 128)),
}
#: Weights of the losses: reconstruction, feature matching, diversity, and those that compare distributions:
#: contrast, spread, the step at the mask's edge, core against rim, the texture's repetition
#: (texture, and how well a segmenter finds them: see SETTINGS).
RECONSTRUCTION, FEATURES, DIVERSITY, CONTRAST, WIDTH, EDGE, CORE, REPEAT = 0.5, 0.2, 4.0, 3.0, 2.0, 5.0, 3.0, 1.5
#: Offsets (rows, columns) at which the texture's likeness to itself is compared: a weave repeats, tissue does not.
LAGS = ((0, 1), (1, 0), (0, 2), (2, 0), (2, 2), (2, -2), (0, 3), (3, 0), (3, 3), (3, -3), (4, 4), (4, -4))
#: Steps at the start in which only the critic learns, when the painter starts from weights and the critic does not.
CRITIC_FIRST = 200
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


def inside_mean(value, mask):
    """Mean of `value` under the mask, one number a patch."""
    return (value * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(1)


def contrast(image, mask):
    """Mean under the mask minus the mean of the ring 2 to 6 px outside, one number a patch."""
    ring = F.max_pool2d(mask, 13, 1, 6) - F.max_pool2d(mask, 5, 1, 2)
    return inside_mean(image, mask) - inside_mean(image, ring)


def inside_deviation(image, mask):
    """Standard deviation under the mask, one number a patch."""
    middle = inside_mean(image, mask)[:, None, None, None]
    return torch.sqrt(inside_mean((image - middle) ** 2, mask) + 1e-6)


def edge_step(image, mask):
    """Mean of the mask's outermost pixels minus the mean of the first pixels outside, one number a patch."""
    inner = mask * F.max_pool2d(1 - mask, 3, 1, 1)
    outer = (1 - mask) * F.max_pool2d(mask, 3, 1, 1)
    return inside_mean(image, inner) - inside_mean(image, outer)


def core_to_rim(image, mask):
    """Mean of what lies deeper than 3 and than 9 px less the mean of the rest of the mask, [N, 2]; 0 where nothing lies so deep."""
    out = []
    for size in (7, 19):
        core = 1 - F.max_pool2d(1 - mask, size, 1, size // 2)
        deep = core.sum((1, 2, 3)) > 0
        out.append((inside_mean(image, core) - inside_mean(image, mask - core)) * deep)
    return torch.stack(out, 1)


def repetition(image, mask):
    """Autocorrelation under the mask, less what is wider than 7 px, at LAGS; [N, len(LAGS)]."""
    fine = (image - F.avg_pool2d(image, 7, 1, 3, count_include_pad=False)) * mask
    energy = inside_mean(fine ** 2, mask) + 1e-6
    both = [(fine * torch.roll(fine, lag, (2, 3)), mask * torch.roll(mask, lag, (2, 3))) for lag in LAGS]
    return torch.stack([inside_mean(product, under) / energy for product, under in both], 1)


class Usual:
    """The last values of a measure on real lesions; `gap` holds the distribution on painted ones against them."""

    def __init__(self, keep=384):
        self.values, self.keep = None, keep

    def add(self, values):
        """`values`: [N] or, for several measures at once, [N, K]."""
        values = values.detach()
        self.values = values if self.values is None else torch.cat([self.values, values])[-self.keep:]

    def gap(self, values):
        """Mean distance of the sorted values from the same quantiles of the real ones (one-dimensional Wasserstein)."""
        at = (torch.arange(len(values)) + 0.5) / len(values)
        return (values.sort(0).values - torch.quantile(self.values, at, 0)).abs().mean()


def texture(image, mask):
    """Mean under the mask of the log energy near each pixel in three bands (differences of 1, 3, 7 and 15 px means), [N, 3].

    The mean of logs, not the log of the mean: a real lesion is smooth but for a few borders within, and the energy of
    those must not be spread over it as a weave.
    """
    soft = lambda t, k: F.avg_pool2d(t, k, 1, k // 2, count_include_pad=False)
    blurred = [image] + [soft(image, k) for k in (3, 7, 15)]
    return torch.stack([inside_mean(torch.log(soft((a - b) ** 2, 3) + 1e-5), mask) for a, b in zip(blurred, blurred[1:])], 1)


def build(kind, task="insert"):
    s = SETTINGS[kind]
    net = LesionNet(s["patch"], s["widths"], noise=task == "insert").to(memory_format=torch.channels_last)
    critic = PatchCritic(s["patch"], s["critic"]).to(memory_format=torch.channels_last)
    return net, critic


def score(critic, image, mask):
    """Weighted critic score a patch: the mean over both heads of the cells near the mask."""
    return sum((s * w).sum((1, 2, 3)) for s, w in zip(critic(image, mask), critic_weights(mask))) / 2


def train_insert(a, patients=None):
    """Train an inserter; `patients` restricts the training side (for the usefulness study)."""
    rng = prepare(a.seed, a.threads)
    s = SETTINGS[a.kind]
    few = {} if patients is None else {"patients": patients, "pool": 600}
    pairs = s["pairs"](a.data, seed=a.seed, **few)
    net, critic = build(a.kind)
    warm = Path(a.warm) if a.warm else WARM / f"{s['id']}.safetensors"
    alone = 0
    if patients is None and not a.source and not Path(a.out).exists() and warm.exists():
        print("warm start", warm.name, "left:", load_fitting(net, load_warm(warm)), flush=True)
        alone = CRITIC_FIRST
    if a.source:
        source = torch.load(a.source, map_location="cpu", weights_only=False)["parts"]
        net.load_state_dict(source["net"])
        if a.with_critic:
            critic.load_state_dict(source["critic"])
    average = Average(net)
    og = torch.optim.Adam(net.parameters(), 2e-4, betas=(0.0, 0.99))
    od = torch.optim.Adam(critic.parameters(), 4e-4, betas=(0.0, 0.99))
    print(sum(p.numel() for p in net.parameters()), sum(p.numel() for p in critic.parameters()), "parameters", flush=True)
    parts = {"net": net, "critic": critic, "average": average.net, "og": og, "od": od}
    n, log, start = s["batch"], [], time.time()
    usual = {contrast: Usual(), inside_deviation: Usual(), edge_step: Usual(), core_to_rim: Usual(), repetition: Usual()}
    weights = [CONTRAST, WIDTH, EDGE, CORE, REPEAT]
    if s["found"]:
        usual[findability(train_finder(pairs, FINDER_STEPS, np.random.default_rng(a.seed + 1000)))] = Usual()
        weights.append(s["found"])
    for measure, kept in usual.items():
        kept.add(measure(*pairs.real(192, rng)))
    for step, progress in Run(a.out, a.minutes, parts, a.seed, rng=rng, steps=a.steps):
        set_rate(og, cosine(progress, 2.5e-4, floor=0.1))
        set_rate(od, cosine(progress, 4e-4, floor=0.1))
        real, real_mask = pairs.real(n, rng)
        other, other_mask = pairs.real(n, rng)
        bare, bare_mask = pairs.transplant(n, rng)
        # The critic sees every step at another offset: a pattern that suits its strides at one offset earns nothing at the next.
        offset = tuple(int(v) for v in rng.integers(0, 8, 2))
        moved = lambda t: last(torch.roll(t, offset, (2, 3)))
        show = lambda t: moved(grain(t, HAZE))
        image, mask = last(torch.cat([real, bare])), last(torch.cat([real_mask, bare_mask]))
        with bf16():
            fake = net(image, mask, noise_of(mask)).float()
        # critic
        with bf16():
            reals, reals_mask = torch.cat([real, other]), torch.cat([real_mask, other_mask])
            up = score(critic, show(reals), moved(reals_mask)).float()
            down = score(critic, show(fake.detach()), moved(mask)).float()
        loss_d = F.relu(1 - up).mean() + F.relu(1 + down).mean()
        od.zero_grad(set_to_none=True)
        loss_d.backward()
        od.step()
        if step < alone:
            continue
        # generator; half of the patches are painted twice, with other noise
        critic.requires_grad_(False)
        h = n // 2
        again = torch.cat([torch.arange(h), torch.arange(n, n + h)])
        with bf16():
            twin = net(image[again], mask[again], noise_of(mask[again])).float()
            mask2 = torch.cat([mask, mask[again]])
            feats = critic.features(show(torch.cat([fake, twin])), moved(mask2))
            value = sum((t * w).sum((1, 2, 3)) for t, w in zip(critic.heads(feats), critic_weights(moved(mask2)))).float() / 2
            with torch.no_grad():
                wanted = critic.features(show(real), moved(real_mask))
        adversarial = -value.mean()
        soft = lambda t: F.avg_pool2d(t, 5, 1, 2)
        gap = lambda painted, k: inside_mean((soft(painted) - soft(real[:k])).abs(), real_mask[:k])
        error = gap(fake[:n], n)
        error = torch.cat([torch.minimum(error[:h], gap(twin[:h], h)), error[h:]])
        reconstruction = error.mean()
        matching = 0.0
        for k, ours in enumerate(feats[:3]):
            m = F.adaptive_max_pool2d(moved(real_mask), ours.shape[2:])
            matching = matching + inside_mean((ours[:n].float() - wanted[k].float()).abs().mean(1, keepdim=True), m).mean()
        spread = inside_mean((soft(fake[again]) - soft(twin)).abs(), mask[again])
        diversity = F.relu(SPREAD - spread).mean()
        grainy = (texture(fake[:n], real_mask) - texture(real, real_mask)).abs().mean()
        # Where nothing has to be restored a painter may hide from the critic by painting faintly, or always alike.
        for measure, kept in usual.items():
            kept.add(measure(reals, reals_mask))
        painted = torch.cat([fake, twin])
        gaps = [kept.gap(measure(painted, mask2)) for measure, kept in usual.items()]
        loss_g = sum(w * g for w, g in zip(weights, gaps)) + s["texture"] * grainy + adversarial + RECONSTRUCTION * reconstruction + FEATURES * matching + DIVERSITY * diversity
        og.zero_grad(set_to_none=True)
        loss_g.backward()
        og.step()
        critic.requires_grad_(True)
        average.update(net)
        log.append([loss_d.item(), up.mean().item(), down.mean().item(), value.mean().item(), reconstruction.item(),
                    matching.item(), spread.mean().item(), grainy.item(), *(g.item() for g in gaps)])
        if step % 100 == 99:
            row = np.mean(log[-100:], 0)
            print(f"step {step + 1} {time.time() - start:.0f} s " + " ".join(
                f"{k} {v:.3f}" for k, v in zip(("D", "real", "fake", "G", "rec", "feat", "spread", "texture", "faint", "width", "edge", "core", "repeat", "found"), row)),
                flush=True)


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
        average.update(net)
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
    p.add_argument("--with-critic", action="store_true", help="take over the inserter's critic too")
    p.add_argument("--minutes", type=float, default=25)
    p.add_argument("--steps", type=int, help="instead of --minutes: the same run on a machine of any speed")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    (train_insert if a.task == "insert" else train_remove)(a)


if __name__ == "__main__":
    main()
