"""Train a faithful super-resolution model: python -m verisim_lab.sr_train --id sr-mr-x2 --data DIR --minutes 45

Resumes from its checkpoint by itself, as if it had not stopped; starts from training/warm/<id>.safetensors when there
is one, from --warm (such a file, or another run's checkpoint), or with --warm none from fresh weights.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from .checkpoint import Clock, Ema, cosine, load_checkpoint, load_warm, save_checkpoint, seed_everything
from .lesion_loop import fast_bfloat16
from .muon import Pair
from .sr_data import load_ct, load_mr, make_bank
from .sr_degrade import degrade_bicubic, degrade_kspace, enlarge_bicubic, zero_fill
from .sr_metrics import psnr
from .sr_network import SrNet

WARM = Path(__file__).parent.parent / "warm"
DILATIONS = (1, 2, 3, 3, 2, 1)
CONFIG = {
    "sr-mr-x2": dict(modality="MR", scale=2, width=48, dilations=DILATIONS),
    "sr-ct-x2": dict(modality="CT", scale=2, width=48, dilations=DILATIONS),
    "sr-mr-x4": dict(modality="MR", scale=4, width=48, dilations=DILATIONS),
    "sr-ct-x4": dict(modality="CT", scale=4, width=48, dilations=DILATIONS),
}


def build(model_id: str) -> SrNet:
    """The network of a model id, with fresh weights."""
    c = CONFIG[model_id]
    return SrNet(c["scale"], c["width"], c["dilations"])


def load_averaged(path: Path) -> dict:
    """The collapsed averaged weights of a warm start (.safetensors) or of a run's checkpoint (.pt)."""
    if path.suffix != ".pt":
        return load_warm(path)
    state = torch.load(path, map_location="cpu", weights_only=False)
    c = state["config"]
    net = SrNet(c["scale"], c["width"], c["dilations"])
    net.load_state_dict(state["ema"])
    return net.collapsed()


def faithful_loss(d: torch.Tensor, eps: float) -> torch.Tensor:
    """Charbonnier on the difference's pixels plus a small L1 on the patch's Fourier coefficients."""
    pixel = torch.sqrt(d * d + eps * eps).mean()
    k = torch.fft.rfft2(d, norm="ortho")
    return pixel + 0.05 * torch.view_as_real(k).abs().mean()


def faithful_step(net: SrNet, optimiser, ema: Ema, pair, modality: str, step: int, squared: bool = False) -> float:
    """One step on a pair (low, high) of patches whose outer four low-res pixels are not judged; returns the loss."""
    low, high = pair
    margin = 4 * net.scale
    crop = (..., slice(margin, -margin), slice(margin, -margin))
    # CT's range is 4096 HU: scale so that both modalities see errors of like size.
    d = (net(low.to(memory_format=torch.channels_last))[crop] - high[crop]) * (1.0 if modality == "MR" else 6.0)
    loss = 30 * (d * d).mean() if squared else faithful_loss(d, 0.01)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    optimiser.step()
    ema.update(net, step)
    return float(loss.detach())


def quick_validation(modality: str, data: Path, scale: int, per_set: int = 6):
    """A few held-out slices per set: (set, track, low, high, baseline PSNR)."""
    vols = [v for v in (load_mr(data) if modality == "MR" else load_ct(data)) if v.held]
    out = []
    for name in sorted({v.set for v in vols}):
        slices = [s for v in vols if v.set == name for s in v.slices[len(v.slices) // 4: len(v.slices) - len(v.slices) // 4]]
        for sl in slices[:: max(1, len(slices) // per_set)][:per_set]:
            sl = np.ascontiguousarray(sl)
            t = torch.from_numpy(sl)[None, None]
            low = degrade_bicubic(t, scale)
            out.append((name, "I", low, sl, psnr(sl, enlarge_bicubic(low, scale)[0, 0].numpy())))
            if modality == "MR":
                k = degrade_kspace(sl, scale)
                out.append((name, "K", torch.from_numpy(k)[None, None], sl, psnr(sl, zero_fill(k, scale))))
    return out


@torch.no_grad()
def validate_gains(net: SrNet, items) -> dict:
    """Mean gain over the baseline in dB, by "track/set"."""
    halo, s = net.halo, net.scale
    gains: dict = {}
    for name, track, low, high, base in items:
        x = torch.nn.functional.pad(low, (halo,) * 4, mode="replicate")
        y = net(x)[0, 0, halo * s: -halo * s, halo * s: -halo * s].numpy()
        gains.setdefault((track, name), []).append(psnr(high, y) - base)
    return {f"{t}/{n}": float(np.mean(g)) for (t, n), g in sorted(gains.items())}


def validate(net: SrNet, items) -> str:
    """The gains as a line of the log."""
    return " ".join(f"{name} {gain:+.2f}" for name, gain in validate_gains(net, items).items())


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True, choices=CONFIG)
    p.add_argument("--data", required=True, type=Path)
    p.add_argument("--checkpoints", type=Path, default=Path("checkpoints"))
    p.add_argument("--steps", type=int)
    p.add_argument("--minutes", type=float)
    p.add_argument("--warm", type=Path)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--patch", type=int, default=44)
    p.add_argument("--seed", type=int, default=20261124)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--squared", action="store_true", help="squared error alone: a short last stage, since PSNR counts squares")
    p.add_argument("--muon", type=float, help="rate of Muon for the body's kernels (0.005 from fresh weights); the rest stays with Adam at --lr")
    p.add_argument("--float32-share", type=float, default=0.12, help="last share of the run in float32")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    c = CONFIG[a.id]
    seed_everything(a.seed)
    net = build(a.id)
    warm = a.warm or WARM / f"{a.id}.safetensors"
    ckpt = a.checkpoints / f"{a.id}.pt"
    state = load_checkpoint(ckpt)
    if state is None and str(warm) != "none" and warm.exists():
        print("warm start", warm.name, "left:", net.load_collapsed(load_averaged(warm)), flush=True)
    ema = Ema(net, 0.9995)
    optimiser = Pair(net, a.muon, a.lr) if a.muon else torch.optim.Adam(net.parameters(), lr=a.lr, betas=(0.9, 0.99), fused=True)
    step, spent = 0, 0.0
    if state:
        net.load_state_dict(state["net"])
        ema.module.load_state_dict(state["ema"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
        print(f"resumed at step {step}, {spent:.0f} s", flush=True)
    t0 = time.monotonic()
    bank = make_bank(c["modality"], a.data, c["scale"], a.seed)
    items = quick_validation(c["modality"], a.data, c["scale"])
    print(f"bank: {len(bank.items)} slices, {time.monotonic() - t0:.0f} s; baselines",
          " ".join(sorted({f"{t}/{n}" for n, t, *_ in items})), flush=True)
    rng = np.random.default_rng(a.seed)
    if state and "sampler" in state:
        rng.bit_generator.state = state["sampler"]
    clock = Clock(a.steps, a.minutes, spent)
    saved = time.monotonic()
    running = 0.0

    def save() -> None:
        save_checkpoint(ckpt, {"net": net.state_dict(), "ema": ema.module.state_dict(), "config": c, "id": a.id,
                               "optimiser": optimiser.state_dict(), "step": step, "spent": clock.spent(), "sampler": rng.bit_generator.state,
                               "args": vars(a) | {"data": "", "checkpoints": "", "warm": str(a.warm or "")}})

    while (progress := clock.progress(step)) < 1:
        net.bfloat16 = fast_bfloat16() and progress < 1 - a.float32_share
        if a.muon:
            optimiser.set_rates(cosine(progress, 1.0, 1e-3))
        else:
            for g in optimiser.param_groups:
                g["lr"] = cosine(progress, a.lr, 1e-6)
        step += 1
        loss = faithful_step(net, optimiser, ema, bank.draw(rng, a.batch, a.patch, c["modality"]), c["modality"], step, a.squared)
        running = 0.99 * running + 0.01 * loss if step > 1 else loss
        if step % 500 == 0:
            print(f"step {step} {clock.spent():.0f}s {progress:.3f} loss {running:.5f}", flush=True)
        if time.monotonic() - saved > 120:
            save()
            print(f"step {step} ema {validate(ema.module, items)}", flush=True)
            saved = time.monotonic()
    save()
    print(f"done step {step} ema {validate(ema.module, items)}", flush=True)


if __name__ == "__main__":
    main()
