"""Run lesion models for evaluation: the shipped ONNX file of an id, or a training checkpoint."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from .lesion_net import Z_LENGTH
from .manifest import MODELS, read_manifest


def _session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options)


class Shipped:
    """The default variant of a model in `public/models`; call with arrays [H, W], get an array."""

    def __init__(self, model_id: str, models: Path = MODELS):
        self.entry = next(m for m in read_manifest(models)["models"] if m["id"] == model_id)
        self.session = _session(Path(models) / self.entry["variants"]["default"]["file"])
        self.noisy = any(i["name"] == "z" for i in self.entry["inputs"])
        self.multiple = self.entry["multipleOf"]

    def __call__(self, image, mask=None, z=None):
        """Result [H, W] float32. `z` [4160] for inserters."""
        h, w = image.shape
        feed = {"image": np.ascontiguousarray(image, np.float32)[None, None]}
        if mask is not None:
            feed["mask"] = np.ascontiguousarray(mask, np.float32)[None, None]
        if self.noisy:
            feed["z"] = np.ascontiguousarray(z, np.float32)[None]
        if self.entry["patch"] is None and (h % self.multiple or w % self.multiple):
            pad = ((0, 0), (0, 0), (0, -h % self.multiple), (0, -w % self.multiple))
            feed["image"] = np.pad(feed["image"], pad, mode="edge")
        return self.session.run(None, feed)[0][0, 0, :h, :w]


class Trained:
    """The averaged weights of an inserter's or remover's checkpoint, with the same call."""

    def __init__(self, checkpoint, kind: str, task: str = "insert"):
        from train_lesion import build
        self.net = build(kind, task)[0].eval()
        self.net.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=False)["parts"]["average"])

    @torch.no_grad()
    def __call__(self, image, mask=None, z=None):
        as_tensor = lambda a: torch.from_numpy(np.ascontiguousarray(a, np.float32))[None, None]
        args = [as_tensor(image), as_tensor(mask)]
        if self.net.noise:
            args.append(torch.from_numpy(np.asarray(z, np.float32))[None])
        return self.net(*args)[0, 0].numpy()


def draw_z(rng) -> np.ndarray:
    return rng.standard_normal(Z_LENGTH).astype(np.float32)


def on_grid(result, image, mask, step, offset):
    """Round what is under the mask to the source's stored grey grid (model value = offset + k * step), keep the rest."""
    rounded = offset + np.round((result - offset) / step) * step
    return np.where(mask, rounded, image).astype(np.float32)
