"""The measures that painters must match, and the judge by statistics, see what they are named for."""

import numpy as np
import torch

from verisim_lab.lesion_likeness import Likeness
from verisim_lab.lesion_losses import continuity, fineness, rings
from verisim_lab.lesion_statistics import auc_of_statistics, statistics


def disc(radius=12, size=64):
    y, x = np.mgrid[:size, :size]
    return (x - 32) ** 2 + (y - 30) ** 2 <= radius**2


def as_tensor(a):
    return torch.from_numpy(np.asarray(a, np.float32))[None, None]


def test_rings_give_the_profile_from_the_border_inwards():
    mask = as_tensor(disc())
    steps = rings(0.2 + 0.5 * mask, mask)[0]
    assert torch.allclose(steps[0::2], torch.full((4,), 0.5), atol=1e-5)
    assert steps[1::2].abs().max() < 1e-5  # flat along every ring
    assert rings(0.2 + 0.5 * mask, as_tensor(disc(2)))[0, 6] == 0  # a small mask has no such depth


def test_continuity_is_high_where_stripes_run_on_and_low_where_they_end():
    rng = np.random.default_rng(0)
    stripes = np.repeat(rng.random((1, 64)), 64, 0)
    mask = disc()
    other = np.repeat(rng.random((64, 1)), 64, 1)
    runs_on, ends = (continuity(as_tensor(i), as_tensor(mask)).item() for i in (stripes, np.where(mask, other, stripes)))
    assert runs_on > 0.5 and ends < runs_on - 0.3


def test_fineness_is_nought_where_grain_is_alike_and_negative_where_it_is_missing():
    rng = np.random.default_rng(1)
    grain, mask = rng.normal(0.5, 0.1, (64, 64)), disc()
    alike, smooth = (fineness(as_tensor(i), as_tensor(mask))[0] for i in (grain, np.where(mask, 0.5, grain)))
    assert alike.abs().max() < 0.5
    assert smooth[[1, 3]].max() < -2


def test_statistics_tell_a_seam_and_do_not_tell_a_thing_from_itself():
    rng = np.random.default_rng(2)

    def lesion(seam):
        mask = disc(int(rng.integers(6, 14)))
        image = rng.normal(0.2, 0.03, (64, 64)) + 0.4 * mask
        return (image + 0.1 * (mask & ~disc(5)) * seam, mask)

    draw = lambda seam, n: [lesion(seam) for _ in range(n)]
    auc, (a, b) = auc_of_statistics((draw(0, 60), draw(1, 60)), (draw(0, 40), draw(1, 40)))
    assert auc > 0.95 and len(a) == len(b) == 40
    assert 0.3 < auc_of_statistics((draw(0, 60), draw(0, 60)), (draw(0, 40), draw(0, 40)))[0] < 0.7
    assert 0.3 < auc_of_statistics((draw(0, 60), draw(1, 60)), (draw(0, 40), draw(1, 40)), place_only=True)[0] < 0.7
    assert len(statistics(*lesion(0))) > 90


def test_likeness_pushes_towards_real():
    torch.manual_seed(0)
    rng = np.random.default_rng(3)

    def lesions(n, contrast):
        masks = torch.cat([as_tensor(disc(int(rng.integers(6, 14)))) for _ in range(n)])
        return 0.2 + 0.03 * torch.randn(masks.shape) + contrast * masks, masks

    likeness = Likeness({}, lesions(48, 0.4))
    brightness = torch.full((), 0.3, requires_grad=True)
    image, mask = lesions(16, 0.0)
    loss, values = likeness.loss(lesions(16, 0.4), (image + brightness * mask, mask))
    assert len(values) == len(likeness.names)
    loss.backward()
    assert brightness.grad < 0  # brighter is more like the real ones
    nearer, _ = likeness.loss(lesions(16, 0.4), (image + 0.4 * mask, mask))
    assert nearer < loss
