"""Checkpoint, resume and warm start, shared by every trainer.

A checkpoint holds everything a run needs to go on as if it had never stopped
(weights, averaged weights, optimiser, step, seconds spent, random state). A
warm start is small: the averaged weights before fusing, as float16.
"""

import copy
import os
import random
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file


class Ema:
    """Exponential moving average of a module's parameters and buffers."""

    def __init__(self, module: torch.nn.Module, decay: float = 0.999):
        self.decay = decay
        self.module = copy.deepcopy(module).eval()
        for p in self.module.parameters():
            p.requires_grad_(False)
        self._pairs = None

    @torch.no_grad()
    def update(self, module: torch.nn.Module, step: int) -> None:
        """Move towards `module`; the decay warms up over the first steps."""
        if self._pairs is None:
            mine = [v for v in self.module.state_dict().values() if v.is_floating_point()]
            theirs = [v for v in module.state_dict().values() if v.is_floating_point()]
            self._pairs = (mine, theirs)
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._pairs[0], self._pairs[1], 1 - decay)


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def save_checkpoint(path: Path, state: dict) -> None:
    """Write `state` so that a crash never leaves half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = dict(state)
    state["random_state"] = {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "torch": torch.get_rng_state(),
    }
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path: Path) -> dict | None:
    """The state saved at `path` with the random state restored, or None where there is none."""
    if not Path(path).exists():
        return None
    state = torch.load(path, map_location="cpu", weights_only=False)
    rng = state.pop("random_state")
    random.setstate(rng["python"])
    np.random.set_state(rng["numpy"])
    torch.set_rng_state(rng["torch"])
    return state


def save_warm(path: Path, state: dict) -> int:
    """Save named tensors (a state dict, or a collapsed one) as float16 safetensors; returns the bytes written."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.detach().half().contiguous() for k, v in state.items()}, str(path))
    os.chmod(path, 0o644)
    return Path(path).stat().st_size


def load_warm(path: Path) -> dict:
    """The tensors of a warm start, in float32."""
    return {k: v.float() for k, v in load_file(str(path)).items()}


def load_fitting(module: torch.nn.Module, state: dict) -> list[str]:
    """Load the tensors whose name and shape fit; returns the names that were left as they were."""
    own = module.state_dict()
    fits = {k: v.to(own[k].dtype) for k, v in state.items() if k in own and own[k].shape == v.shape}
    module.load_state_dict(fits, strict=False)
    return sorted(set(own) - set(fits))


class Clock:
    """Progress of a run given by --steps or by --minutes, whichever is set."""

    def __init__(self, steps: int | None, minutes: float | None, spent: float = 0.0):
        if not steps and not minutes:
            raise ValueError("give --steps or --minutes")
        self.steps, self.minutes = steps, minutes
        self.before, self.start = spent, time.monotonic()

    def spent(self) -> float:
        """Seconds of training so far, those before a resume included."""
        return self.before + time.monotonic() - self.start

    def progress(self, step: int) -> float:
        """0 at the start, 1 when the run is over."""
        return step / self.steps if self.steps else self.spent() / (60 * self.minutes)


def cosine(progress: float, peak: float, floor: float = 0.0, warmup: float = 0.01) -> float:
    """Learning rate with a linear warm-up over the first share of the run, then a cosine."""
    if progress < warmup:
        return peak * max(progress / warmup, 0.02)
    t = min(1.0, (progress - warmup) / (1 - warmup))
    return floor + (peak - floor) * 0.5 * (1 + np.cos(np.pi * t))
