"""Maxima and means of neighbourhoods are those of torch's pools."""

import pytest
import torch
from torch.nn import functional as F

from verisim_lab.neighbourhood import grow, mean_of


@pytest.mark.parametrize("pixels", range(1, 10))
@pytest.mark.parametrize("rows", [5, 40])
def test_grow_is_a_square_maximum(pixels, rows):
    torch.manual_seed(pixels)
    mask = (torch.rand(3, 1, rows, 33) > 0.95).float()
    assert torch.equal(grow(mask, pixels), F.max_pool2d(F.pad(mask, (pixels,) * 4), 2 * pixels + 1, 1))


@pytest.mark.parametrize("size", [3, 7, 15])
def test_mean_of_counts_only_what_the_frame_holds(size):
    torch.manual_seed(size)
    image = torch.randn(2, 1, 20, 33, requires_grad=True)
    want = F.avg_pool2d(image, size, 1, size // 2, count_include_pad=False)
    have = mean_of(image, size)
    assert torch.allclose(have, want, atol=1e-5)
    given = torch.randn_like(want)
    slopes = [torch.autograd.grad(t, image, given)[0] for t in (have, want)]
    assert torch.allclose(*slopes, atol=1e-5)
