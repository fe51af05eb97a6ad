"""The part all lesion trainings share: bf16 autocast, seeding, moving average, resumable checkpoints, log lines."""

import copy
import math
import time
from pathlib import Path

import numpy as np
import torch


def prepare(seed: int, threads: int = 1):
    """Seed everything and fix the thread count. Returns the numpy generator for sampling."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def fast_bfloat16() -> bool:
    """Whether bfloat16 pays here: AMX makes a step several times faster than float32, AVX512-BF16 twice (0.080 s for 0.152); AVX-512 without it slower (0.17 for 0.105), AVX2 many times slower."""
    has = lambda name: getattr(torch.cpu, name, lambda: False)()
    return has("_is_amx_tile_supported") or has("_is_avx512_bf16_supported")


def bf16():
    """CPU autocast where it pays: with channels_last and AMX four times faster than float32."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast_bfloat16())


class Average:
    """Exponential moving average of the weights, with warm-up so that early steps are forgotten."""

    def __init__(self, net, decay: float = 0.998):
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, net, step: int):
        """After step 0, 1, ... of the run: a resumed run goes on where it was."""
        decay = min(self.decay, (2 + step) / (11 + step))
        for ours, theirs in zip(self.net.parameters(), net.parameters()):
            ours.lerp_(theirs, 1 - decay)
        for ours, theirs in zip(self.net.buffers(), net.buffers()):
            ours.copy_(theirs)


class Run:
    """`for step, progress in run` for so many minutes, or `steps` where given; progress goes 0 to 1; saves every `every` seconds."""

    def __init__(self, path: Path, minutes: float, parts: dict, seed: int, every: float = 120,
                 rng: np.random.Generator | None = None, steps: int | None = None):
        self.path, self.parts, self.every = Path(path), parts, every
        self.seconds, self.max_steps = (math.inf, steps) if steps else (minutes * 60, 10**9)
        self.used, self.step, self.seed, self.rng = 0.0, 0, seed, rng
        if self.path.exists():
            state = torch.load(self.path, map_location="cpu", weights_only=False)
            for name, part in parts.items():
                part.load_state_dict(state["parts"][name])
            self.used, self.step = state["used"], state["step"]
            torch.set_rng_state(state["rng"])
            if rng is not None and state.get("sampler"):
                rng.bit_generator.state = state["sampler"]
            print(f"resumed at step {self.step}, {self.used / 60:.1f} min", flush=True)

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        torch.save({"parts": {n: p.state_dict() for n, p in self.parts.items()}, "used": self.used, "step": self.step,
                    "seed": self.seed, "rng": torch.get_rng_state(),
                    "sampler": self.rng.bit_generator.state if self.rng is not None else None}, temporary)
        temporary.replace(self.path)

    def __iter__(self):
        saved = self.used
        while self.used < self.seconds and self.step < self.max_steps:
            start = time.monotonic()
            yield self.step, max(self.used / self.seconds, self.step / self.max_steps)
            self.step += 1
            self.used += time.monotonic() - start
            if self.used - saved > self.every:
                self.save()
                saved = self.used
        self.save()


def cosine(progress: float, peak: float, warm: float = 0.02, floor: float = 0.02) -> float:
    """Learning rate: linear warm-up, then cosine down to `floor` of the peak."""
    if progress < warm:
        return peak * (0.1 + 0.9 * progress / warm)
    t = (progress - warm) / (1 - warm)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, t))))


def set_rate(optimiser, rate: float):
    for group in optimiser.param_groups:
        group["lr"] = rate
