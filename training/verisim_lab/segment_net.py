"""A small U-Net that outlines lesions; plain convolutions at run time (batch norm is folded for export)."""

import torch
from torch import nn

SLOPE = 0.1


class ConvUnit(nn.Sequential):
    """3x3 convolution, batch norm, LeakyReLU."""

    def __init__(self, cin: int, cout: int):
        super().__init__(nn.Conv2d(cin, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout), nn.LeakyReLU(SLOPE))


class SegmentNet(nn.Module):
    """[N, 1, H, W] in model range to logits [N, 1, H, W]; H and W divisible by 2**(levels - 1)."""

    def __init__(self, widths=(16, 32, 64, 96), cin: int = 1):
        super().__init__()
        self.widths = tuple(widths)
        self.multiple = 2 ** (len(widths) - 1)
        self.down = nn.ModuleList()
        for level, width in enumerate(widths):
            self.down.append(nn.Sequential(ConvUnit(cin, width), ConvUnit(width, width)))
            cin = width
        self.up = nn.ModuleList()
        for width in widths[-2::-1]:
            self.up.append(nn.Sequential(ConvUnit(cin + width, width), ConvUnit(width, width)))
            cin = width
        self.head = nn.Conv2d(cin, 1, 1)

    def features(self, x):
        """The last feature map [N, widths[0], H, W] before the 1x1 head."""
        skips = []
        for level, block in enumerate(self.down):
            if level:
                x = nn.functional.avg_pool2d(x, 2)
            x = block(x)
            skips.append(x)
        for block, skip in zip(self.up, skips[-2::-1]):
            x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
            x = block(torch.cat([x, skip], 1))
        return x

    def forward(self, x):
        return self.head(self.features(x))


def folded_conv(unit: ConvUnit) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of the convolution with its batch norm (evaluation mode) folded in, in float64 then float32."""
    conv, norm = unit[0], unit[1]
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    weight = conv.weight.double() * gain[:, None, None, None]
    bias = norm.bias.double() - norm.running_mean.double() * gain
    return weight.float().detach(), bias.float().detach()


def receptive_radius(levels: int) -> int:
    """Pixels beyond which an output pixel cannot see (two 3x3 convolutions a level, pooling by 2, nearest up)."""
    radius = 0
    for level in range(levels):
        radius += 2 * 2**level  # encoder convolutions
        if level < levels - 1:
            radius += 2 * 2**level + 2**level  # decoder convolutions, pooling and nearest grid offset
    return radius
