"""Train the perceptual variant: python -m verisim_lab.sr_perceptual --id sr-mr-x2 --data DIR --minutes 8

Starts from the faithful weights. The generator is pulled by a patch
discriminator (hinge), by the log power of 32x32 windows by frequency
and direction (so that texture has no grain of its own), and by the distribution of fine detail in them (sorted Haar coefficients, so that texture
is spread as in real slices and not put into a few dots); it is held by a pixel
loss and a re-degradation loss. How hard it is pulled is steered so that the
pixel error stays `--cost` dB above that of the faithful network.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .checkpoint import Clock, Ema, cosine, load_checkpoint, save_checkpoint, seed_everything
from .lesion_loop import bf16, fast_bfloat16
from .sr_data import make_bank
from .sr_degrade import degrade_bicubic
from .sr_realism import UNIT, PatchCritic
from .sr_train import CONFIG, WARM, build, load_averaged, quick_validation, validate

WINDOW = 32


def _sectors(n: int, rings: int, angles: int) -> torch.Tensor:
    """[coefficients, rings * angles]: averages over sectors of the Fourier half-plane."""
    fy, fx = torch.fft.fftfreq(n)[:, None], torch.fft.rfftfreq(n)[None]
    ring = (torch.sqrt(fy**2 + fx**2) * 2 * rings).long()
    angle = ((torch.atan2(fy, fx) / torch.pi + 0.5) * angles + 0.5).long() % angles
    index = torch.where(ring < rings, ring * angles + angle, rings * angles)
    m = F.one_hot(index.flatten(), rings * angles + 1).float()[:, :-1]
    m = m[:, m.sum(0) > 0]
    return m / m.sum(0, keepdim=True)


SECTORS = _sectors(WINDOW, 10, 8)
HANN = torch.hann_window(WINDOW, periodic=False)


def log_power(x: torch.Tensor) -> torch.Tensor:
    """[N,1,H,W] -> [N,sectors]: log power by frequency and direction, averaged over overlapping windows."""
    w = x[:, 0].unfold(1, WINDOW, WINDOW // 2).unfold(2, WINDOW, WINDOW // 2).flatten(1, 2)
    w = (w - w.mean((-1, -2), keepdim=True)) * HANN[:, None] * HANN[None]
    p = torch.view_as_real(torch.fft.rfft2(w)).square().sum(-1) / WINDOW**2
    return torch.log(p.flatten(2).mean(1) @ SECTORS + 1e-6)


HAAR = torch.tensor([[[1.0, -1], [1, -1]], [[1, 1], [-1, -1]], [[1, -1], [-1, 1]]])[:, None] / 2


def detail_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Wasserstein distance between the distributions of fine detail, window by window."""
    def order(x):
        h = F.conv2d(x, HAAR)
        w = h.unfold(2, WINDOW, WINDOW // 2).unfold(3, WINDOW, WINDOW // 2)
        return w.flatten(4).flatten(2, 3).sort(-1).values
    return (order(a) - order(b)).abs().mean()


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True, choices=CONFIG)
    p.add_argument("--data", required=True, type=Path)
    p.add_argument("--checkpoints", type=Path, default=Path("checkpoints"))
    p.add_argument("--steps", type=int)
    p.add_argument("--minutes", type=float)
    p.add_argument("--faithful", type=Path, help="the faithful network: training/warm/<id>.safetensors where not given, or a run's checkpoint")
    p.add_argument("--cost", type=float, default=0.4, help="dB above the faithful network's pixel error")
    p.add_argument("--lr", type=float, default=2e-4)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--patch", type=int, default=56)
    p.add_argument("--seed", type=int, default=20261125)
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    seed_everything(a.seed)
    c = CONFIG[a.id]
    s, modality = c["scale"], c["modality"]
    # Errors and texture of CT are small against 4096 HU: bring both modalities to like size.
    unit = 1.0 if modality == "MR" else 6.0
    faithful = build(a.id)
    faithful.load_collapsed(load_averaged(a.faithful or WARM / f"{a.id}.safetensors"))
    faithful.eval().requires_grad_(False)
    net, critic = copy.deepcopy(faithful).requires_grad_(True), PatchCritic()
    ema, critic_ema = Ema(net, 0.999), Ema(critic, 0.999)
    ckpt = a.checkpoints / f"{a.id}-perceptual.pt"
    state = load_checkpoint(ckpt)
    opt_g = torch.optim.Adam(net.parameters(), lr=a.lr, betas=(0.9, 0.99), fused=True)
    opt_d = torch.optim.Adam(critic.parameters(), lr=2 * a.lr, betas=(0.5, 0.99), fused=True)
    step, spent, pull = 0, 0.0, 1.0
    if state:
        for module, key in ((net, "net"), (ema.module, "ema"), (critic, "critic"), (critic_ema.module, "critic_ema"),
                            (opt_g, "opt_g"), (opt_d, "opt_d")):
            module.load_state_dict(state[key])
        step, spent, pull = state["step"], state["spent"], state["pull"]
        print(f"resumed at step {step}", flush=True)
    gain = UNIT[modality] / unit
    bank = make_bank(modality, a.data, s, a.seed)
    items = quick_validation(modality, a.data, s)
    print(f"faithful {validate(faithful, items)}", flush=True)
    net.bfloat16 = faithful.bfloat16 = fast_bfloat16()
    rng = np.random.default_rng(a.seed)
    if state and "sampler" in state:
        rng.bit_generator.state = state["sampler"]
    clock = Clock(a.steps, a.minutes, spent)
    saved, margin, cost = time.monotonic(), 8 * s, a.cost
    crop = (..., slice(margin, -margin), slice(margin, -margin))
    shown = {}

    def save() -> None:
        save_checkpoint(ckpt, {"net": net.state_dict(), "ema": ema.module.state_dict(), "critic": critic.state_dict(),
                               "critic_ema": critic_ema.module.state_dict(), "opt_g": opt_g.state_dict(),
                               "opt_d": opt_d.state_dict(), "step": step, "spent": clock.spent(), "pull": pull, "sampler": rng.bit_generator.state,
                               "config": c, "id": a.id})

    while (progress := clock.progress(step)) < 1:
        for opt, peak in ((opt_g, a.lr), (opt_d, 2 * a.lr)):
            for g in opt.param_groups:
                g["lr"] = cosine(progress, peak, 1e-6)
        low, high = bank.draw(rng, a.batch, a.patch, modality)
        out = net(low)
        with torch.no_grad():
            plain = faithful(low)[crop] * unit
        fake, real = out[crop] * unit, high[crop] * unit

        # Discriminator: hinge; half of the false slices are blends with the faithful output.
        mix = torch.rand(a.batch, 1, 1, 1) * (torch.rand(a.batch, 1, 1, 1) < 0.5)
        with bf16():
            score_real = critic(real * gain)
            score_fake = critic((fake.detach() + mix * (plain - fake.detach())) * gain)
        loss_d = F.relu(1 - score_real).mean() + F.relu(1 + score_fake).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()

        with bf16():
            adversarial = -critic(fake * gain).mean()
        spectrum = (log_power(fake) - log_power(real)).abs().mean()
        detail = detail_distance(fake, real)
        d = fake - real
        pixel = torch.sqrt(d * d + 1e-4).mean()
        consistency = (degrade_bicubic(fake, s) - degrade_bicubic(real, s)).abs().mean()
        ramp = min(1.0, progress / 0.1)
        loss_g = pixel + consistency + ramp * pull * (0.004 * adversarial + 0.008 * spectrum + 0.3 * detail)
        opt_g.zero_grad()
        loss_g.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        opt_g.step()
        step += 1
        ema.update(net, step)
        critic_ema.update(critic, step)

        # Steer the pull by the pixel error against the faithful network's.
        with torch.no_grad():
            now = float(10 * torch.log10(d.square().mean() / (plain - real).square().mean()))
        cost = 0.98 * cost + 0.02 * now
        if progress > 0.1:
            pull = float(np.clip(pull * np.exp(0.01 * (a.cost - cost)), 0.02, 50))
        for k, v in (("d", loss_d), ("adv", adversarial), ("spec", spectrum), ("detail", detail), ("pix", pixel), ("cons", consistency)):
            shown[k] = 0.98 * shown.get(k, float(v.detach())) + 0.02 * float(v.detach())
        if step % 250 == 0:
            print(f"step {step} {clock.spent():.0f}s pull {pull:.3f} cost {cost:.2f} dB "
                  + " ".join(f"{k} {v:.4f}" for k, v in shown.items()), flush=True)
        if time.monotonic() - saved > 120:
            save()
            print(f"step {step} ema {validate(ema.module, items)}", flush=True)
            saved = time.monotonic()
    save()
    print(f"done step {step} ema {validate(ema.module, items)}", flush=True)


if __name__ == "__main__":
    main()
