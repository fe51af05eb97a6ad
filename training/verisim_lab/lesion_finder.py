"""A segmenter that helps to train an inserter: painted lesions shall be as findable as real ones, no more and no less.

It is trained first, on the inserter's own training patients, and is neither the segmenter that ships nor the one that
judges: another seed, another width, other tiles. The shipped segmenter gives no gradient to any painter.
"""

import torch

from .lesion_loop import bf16
from .segment_net import SegmentNet

#: Logits are kept within this: beyond it a pixel is found, or missed, for good.
LIMIT = 6.0


def train_finder(pairs, steps: int, rng, batch: int = 16) -> SegmentNet:
    """SegmentNet (12, 24, 48, 64), frozen, after `steps` batches of real lesions and as many lesion-free places.

    pairs: NodulePairs or GliomaPairs. Lesion-free patches carry an empty mask.
    """
    net = SegmentNet((12, 24, 48, 64)).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-4)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * max(0.02, 1 - step / steps)
        real, real_mask = pairs.real(batch, rng)
        bare, mask = pairs.transplant(batch // 2, rng)
        image = torch.cat([real, bare]).contiguous(memory_format=torch.channels_last)
        wanted = torch.cat([real_mask, torch.zeros_like(mask)])
        with bf16():
            logits = net(image)
        logits = logits.float()
        p = torch.sigmoid(logits)
        bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted)
        dice = 1 - (2 * (p * wanted).sum() + 1) / ((p + wanted).sum() + 1)
        optimiser.zero_grad(set_to_none=True)
        (2 * bce + dice).backward()
        optimiser.step()
    return net.eval().requires_grad_(False)


def findability(net):
    """Measure (image, mask) -> [N]: mean logit under the mask, each within +-LIMIT."""
    def found(image, mask):
        with bf16():
            logits = net(image.contiguous(memory_format=torch.channels_last))
        held = LIMIT * torch.tanh(logits.float() / LIMIT)
        return (held * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(1)
    return found
