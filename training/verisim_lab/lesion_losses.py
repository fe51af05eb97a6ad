"""Measures of a lesion under its mask, and the distance of their distribution on painted lesions from that on real ones."""

import torch

from .neighbourhood import grow, mean_of

#: Offsets (rows, columns) at which the texture's likeness to itself is compared: a weave repeats, tissue does not.
LAGS = ((0, 1), (1, 0), (0, 2), (2, 0), (2, 2), (2, -2), (0, 3), (3, 0), (3, 3), (3, -3), (4, 4), (4, -4))


def inside_mean(value, mask):
    """Mean of `value` under the mask, one number a patch."""
    return (value * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(1)


def _less(mask, pixels: int):
    """The mask without so many pixels of its edge; beyond the frame it goes on."""
    return 1 - grow(1 - mask, pixels)


def _border(mask):
    """The mask's outermost pixels, and the first outside it."""
    return mask - _less(mask, 1), (1 - mask) * grow(mask, 1)


def contrast(image, mask):
    """Mean under the mask minus the mean of the ring 2 to 6 px outside, one number a patch."""
    ring = grow(mask, 6) - grow(mask, 2)
    return inside_mean(image, mask) - inside_mean(image, ring)


def inside_deviation(image, mask):
    """Standard deviation under the mask, one number a patch."""
    middle = inside_mean(image, mask)[:, None, None, None]
    return torch.sqrt(inside_mean((image - middle) ** 2, mask) + 1e-6)


def edge_step(image, mask):
    """Mean of the mask's outermost pixels minus the mean of the first pixels outside, one number a patch."""
    inner, outer = _border(mask)
    return inside_mean(image, inner) - inside_mean(image, outer)


def core_to_rim(image, mask):
    """Mean of what lies deeper than 3 and than 9 px less the mean of the rest of the mask, [N, 2]; 0 where nothing lies so deep."""
    out = []
    for pixels in (3, 9):
        core = _less(mask, pixels)
        deep = core.sum((1, 2, 3)) > 0
        out.append((inside_mean(image, core) - inside_mean(image, mask - core)) * deep)
    return torch.stack(out, 1)


def repetition(image, mask):
    """Autocorrelation under the mask, less what is wider than 7 px, at LAGS; [N, len(LAGS)]."""
    fine = (image - mean_of(image, 7)) * mask
    energy = inside_mean(fine ** 2, mask) + 1e-6
    both = [(fine * torch.roll(fine, lag, (2, 3)), mask * torch.roll(mask, lag, (2, 3))) for lag in LAGS]
    return torch.stack([inside_mean(product, under) / energy for product, under in both], 1)


def texture(image, mask):
    """Mean under the mask of the log energy near each pixel in three bands (differences of 1, 3, 7 and 15 px means), [N, 3].

    The mean of logs, not the log of the mean: a real lesion is smooth but for a few borders within, and the energy of
    those must not be spread over it as a weave.
    """
    blurred = [image] + [mean_of(image, size) for size in (3, 7, 15)]
    return torch.stack([inside_mean(torch.log(mean_of((a - b) ** 2, 3) + 1e-5), mask) for a, b in zip(blurred, blurred[1:])], 1)


def _rings(mask):
    """The mask's outermost pixels, the next, the third, and what lies deeper."""
    shrunk = [mask] + [_less(mask, pixels) for pixels in (1, 2, 3)]
    return [a - b for a, b in zip(shrunk, shrunk[1:])] + [shrunk[-1]]


def rings(image, mask):
    """Mean (less that of the first pixels outside) and standard deviation along the mask's rings, [N, 8]; 0 where there is none."""
    outside = inside_mean(image, _border(mask)[1])
    out = []
    for ring in _rings(mask):
        there = ring.sum((1, 2, 3)) > 0
        out += [(inside_mean(image, ring) - outside) * there, (inside_deviation(image, ring) - 1e-3) * there]
    return torch.stack(out, 1)


def continuity(image, mask):
    """Correlation along the border of the mask's outermost pixels with the first outside (3 x 3 means of either side), one number a patch."""
    inner, outer = _border(mask)
    near = lambda t: mean_of(t, 3)
    sides = [near(image * side) / near(side).clamp_min(1e-3) for side in (inner, outer)]
    border = ((near(inner) > 0.1) & (near(outer) > 0.1)).to(image.dtype)
    a, b = (side - inside_mean(side, border)[:, None, None, None] for side in sides)
    return inside_mean(a * b, border) / torch.sqrt(inside_mean(a * a, border) * inside_mean(b * b, border) + 1e-8)


def fineness(image, mask):
    """Log energy of what 3 x 3 and 7 x 7 means leave out, in the mask's two outer rings and within, less that of the ring 3 to 8 px outside; [N, 4]."""
    first, second, *deeper = _rings(mask)
    zones = [first + second, sum(deeper)]
    around = grow(mask, 8) - grow(mask, 2)
    out = []
    for size in (3, 7):
        fine = torch.log((image - mean_of(image, size)) ** 2 + 1e-5)
        out += [(inside_mean(fine, zone) - inside_mean(fine, around)) * (zone.sum((1, 2, 3)) > 0) for zone in zones]
    return torch.stack(out, 1)


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
