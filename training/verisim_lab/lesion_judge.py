"""A second critic for inserters, and what both critics are shown.

The patch critic scores cell by cell; the judge gives one answer a lesion, from what lies under the mask and the
strongest response near it. A detector that is trained afterwards finds in that what a patch critic leaves.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .neighbourhood import grow

#: Pixels round the mask that the judge sees.
BAND = 8


class Judge(nn.Module):
    """[N, 1, S, S] image in model range and mask to one logit each, above 0 meaning "looks real"."""

    def __init__(self, fold: int = 1, widths=(24, 48, 72, 96, 96)):
        super().__init__()
        layers, cin, self.fold = [], 2 * fold**2, fold
        for width, stride in zip(widths, (1, 2, 1, 2, 1)):
            layers += [nn.Conv2d(cin, width, 3, stride, 1), nn.LeakyReLU(0.2)]
            nn.init.kaiming_normal_(layers[-2].weight, a=0.2)
            nn.init.zeros_(layers[-2].bias)
            cin = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(2 * cin, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, image, mask):
        near = grow(mask, BAND)
        x = torch.cat([(image.clamp(-0.2, 1.6) - 0.5) * 2 * near, mask], 1)
        if self.fold > 1:
            x = F.pixel_unshuffle(x, self.fold)
        f = self.body(x)
        under = F.adaptive_max_pool2d(mask, f.shape[2:])
        inside = (f * under).sum((2, 3)) / under.sum((2, 3)).clamp_min(1)
        return self.head(torch.cat([inside, f.amax((2, 3))], 1))[:, 0]


def steepness(logits, image):
    """Mean squared gradient of the logits with respect to the image (R1, Mescheder et al. 2018)."""
    slope, = torch.autograd.grad(logits.sum(), image, create_graph=True)
    return (slope**2).sum((1, 2, 3)).mean()


class Windows:
    """One random window of `size` px a patch, over its mask: where small, whole with a margin; where large, a part of it.

    Critics see every step at another offset: a pattern that suits their strides at one offset earns nothing at the next.
    """

    def __init__(self, mask, size: int, rng: np.random.Generator, margin: int = BAND):
        self.size, side, self.at = size, mask.shape[-1], []
        for m in mask[:, 0].numpy() > 0:
            corner = []
            for axis in (1, 0):
                where = np.flatnonzero(m.any(axis))
                low, high = (where[0], where[-1] + 1) if len(where) else (side // 2, side // 2)
                ends = sorted((high + margin - size, low - margin))  # where the whole of it is seen, or all of the window is used
                start = int(rng.integers(ends[0], ends[1] + 1))
                corner.append(int(np.clip(start, 0, side - size)))
            self.at.append(corner)

    def __call__(self, t):
        """The windows of [N, 1, P, P], channels last."""
        s = self.size
        cut = torch.stack([p[:, y:y + s, x:x + s] for p, (y, x) in zip(t, self.at)])
        return cut.contiguous(memory_format=torch.channels_last)


class Replay:
    """The last windows that critics were shown as painted; they learn from older ones too, lest a fault return."""

    def __init__(self, keep: int = 600):
        self.kept, self.keep = [], keep

    def swap(self, image, mask, count: int, rng: np.random.Generator):
        """Store these [N, 1, S, S]; returns them with up to `count` older ones."""
        older = [self.kept[i] for i in rng.integers(0, len(self.kept), count)] if self.kept else []
        self.kept = (self.kept + list(zip(image, mask)))[-self.keep:]
        if not older:
            return image, mask
        grow = lambda t, k: torch.cat([t, torch.stack([o[k] for o in older])]).contiguous(memory_format=torch.channels_last)
        return grow(image, 0), grow(mask, 1)
