"""Generator and patch discriminator for lesions, in operations that ONNX Runtime's WASM and WebGPU backends share.

An inserter sees the place as it is and says what a lesion adds to it: out = image + soft * painted; grain and vessels
of the place stay, and what runs in from outside runs on. A remover never sees the pixels under the mask and says what
is there instead: out = image + soft * (painted - image).
Either way the result outside the mask is the input, exactly: `soft` is zero wherever the mask is zero.
"""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from .neighbourhood import grow

SLOPE = 0.1
#: Length of the noise vector: 64 global values, then a 64 x 64 map of grain.
GLOBAL, GRAIN = 64, 64
Z_LENGTH = GLOBAL + GRAIN * GRAIN
_BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def binomial_kernel() -> torch.Tensor:
    """The 5x5 binomial blur as a convolution weight [1, 1, 5, 5]; every entry is a multiple of 1/256."""
    return torch.outer(_BINOMIAL, _BINOMIAL)[None, None]


def calm_kernel() -> torch.Tensor:
    """The 3x3 binomial blur [1, 1, 3, 3]: it removes the checkerboard a pixel shuffle may leave (zero at that frequency)."""
    side = torch.tensor([0.25, 0.5, 0.25])
    return torch.outer(side, side)[None, None]


def calmed(x: torch.Tensor) -> torch.Tensor:
    """Every channel of [N, C, H, W] through `calm_kernel`, zeros beyond the edge."""
    return nn.functional.conv2d(x, calm_kernel().to(x.dtype).expand(x.shape[1], 1, 3, 3), padding=1, groups=x.shape[1])


def soften(mask: torch.Tensor) -> torch.Tensor:
    """Softened mask [N, 1, H, W]: the mask times its binomial blur; 0 outside the mask, 1 deep inside, 0.69 at a straight edge."""
    kernel = binomial_kernel().to(mask.dtype)
    return mask * nn.functional.conv2d(mask, kernel, padding=2)


def conv(cin: int, cout: int, size: int = 3) -> nn.Conv2d:
    layer = nn.Conv2d(cin, cout, size, 1, size // 2)
    nn.init.kaiming_normal_(layer.weight, a=SLOPE, nonlinearity="leaky_relu")
    nn.init.zeros_(layer.bias)
    return layer


class LesionNet(nn.Module):
    """U-Net painter: image [N, 1, P, P] in model range, mask [N, 1, P, P] 0/1, z [N, 4160]; with `noise` an inserter, without (z None) a remover.

    It works on a 64 x 64 grid: P = 128 enters through a 2 x 2 pixel unshuffle and leaves through a
    shuffle and a binomial blur, 5 x 5 for inserters (it takes out the lattice of four pixels that their critic rewards)
    and 3 x 3 for removers. Average pooling down, nearest up. The style part of z adds a bias to every channel of the
    decoder; the grain map enters at the finest level and, averaged over 2 x 2 and 4 x 4 cells, at the two above it:
    without chance at their own scale those levels make texture out of their grid. In inserters a 3 x 3 binomial blur
    follows every enlargement: blocks of equal values on the way up come out as a lattice. Where P = 128 the finest detail
    that the network draws itself is blurred on its grid of 64 too, and fine texture is filtered noise from the grain map,
    of an amount that the network sets place by place: left to itself it draws texture as a weave of its grid.
    """

    def __init__(self, patch: int, widths=(32, 48, 80, 96), noise: bool = True):
        super().__init__()
        self.patch, self.widths, self.noise, self.fold = patch, tuple(widths), noise, patch // 64
        cin = 3 * self.fold**2  # image (for removers hidden under the mask), mask, softened mask
        self.down = nn.ModuleList()
        for width in widths:
            self.down.append(nn.ModuleList([conv(cin, width), conv(width, width)]))
            cin = width
        self.up = nn.ModuleList()
        self.style = nn.ModuleList()
        for level in range(len(widths) - 1, -1, -1):
            width = widths[level]
            extra = 0 if level == len(widths) - 1 else width
            extra += 4 if noise and level == 0 else 0
            self.up.append(nn.ModuleList([conv(cin + extra, width), conv(width, width)]))
            if noise:
                self.style.append(nn.Linear(GLOBAL, width))
            cin = width
        if noise:
            self.grain = nn.Conv2d(1, 4, 3, 1, 1)
            self.coarse = nn.ModuleList(nn.Conv2d(1, widths[level], 3, 1, 1, bias=False) for level in (1, 2))
            for layer in self.coarse:
                nn.init.zeros_(layer.weight)
            if self.fold > 1:
                self.fine = nn.Conv2d(1, self.fold**2, 3, 1, 1, bias=False)
                self.amount = nn.Conv2d(cin, 1, 3, 1, 1)
                nn.init.normal_(self.amount.weight, std=0.02)
                nn.init.constant_(self.amount.bias, 0.02)
        self.head = nn.Conv2d(cin, self.fold**2, 3, 1, 1)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def enlarge(self, x):
        """Twice the height and width."""
        x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
        return calmed(x) if self.noise else x

    def paint(self, image, mask, z):
        """The unmixed painting [N, 1, P, P], or what is to be added."""
        act = lambda t: nn.functional.leaky_relu(t, SLOPE)
        x = torch.cat([image if self.noise else image * (1 - mask), mask, soften(mask)], 1)
        if self.fold > 1:
            x = nn.functional.pixel_unshuffle(x, self.fold)
        skips = []
        for level, (a, b) in enumerate(self.down):
            if level:
                x = nn.functional.avg_pool2d(x, 2)
            x = act(b(act(a(x))))
            skips.append(x)
        top = len(self.widths) - 1
        for index, (a, b) in enumerate(self.up):
            level = top - index
            parts = [x]
            if level < top:
                parts = [self.enlarge(x), skips[level]]
            if self.noise and level == 0:
                parts.append(self.grain(z[:, GLOBAL:].reshape(-1, 1, GRAIN, GRAIN)))
            x = a(torch.cat(parts, 1) if len(parts) > 1 else parts[0])
            if self.noise:
                x = x + self.style[index](z[:, :GLOBAL])[:, :, None, None]
                if level in (1, 2):  # averages of 2^level cells squared, brought back to a deviation of 1
                    cells = nn.functional.avg_pool2d(z[:, GLOBAL:].reshape(-1, 1, GRAIN, GRAIN), 2**level) * 2**level
                    x = x + self.coarse[level - 1](cells)
            x = act(b(act(x)))
        out = self.head(x)
        if self.fold == 1:
            return out
        if self.noise:
            out = calmed(out) + self.amount(x) * self.fine(z[:, GLOBAL:].reshape(-1, 1, GRAIN, GRAIN))
        x = nn.functional.pixel_shuffle(out, self.fold)
        kernel = binomial_kernel() if self.noise else calm_kernel()
        return nn.functional.conv2d(x, kernel.to(x.dtype), padding="same")

    def forward(self, image, mask, z=None):
        painted = self.paint(image, mask, z).to(image.dtype)
        return image + soften(mask) * (painted if self.noise else painted - image)


#: Grey values are stretched before the critic: with spectral norm, differences of 0.1 would hardly move the score.
CRITIC_GAIN = 4.0
#: And its scores are stretched again, so that the hinge at 1 is within reach of a network of small slope.
SCORE_GAIN = 3.0


class PatchCritic(nn.Module):
    """Spectral-norm patch discriminator over (image, mask) with two score maps, above 0 meaning "looks real".

    It works on the painter's 64 x 64 grid: fine map [N, 1, 16, 16], coarse map [N, 1, 8, 8].
    """

    def __init__(self, patch: int, widths=(48, 96, 128, 128)):
        super().__init__()
        w, self.fold = widths, patch // 64
        shapes = [(2 * self.fold**2, w[0], 3, 1, 1), (w[0], w[1], 4, 2, 1), (w[1], w[2], 4, 2, 1), (w[2], w[3], 4, 2, 1)]
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(*s)) for s in shapes)
        self.fine = spectral_norm(nn.Conv2d(w[2], 1, 3, 1, 1))
        self.coarse = spectral_norm(nn.Conv2d(w[3], 1, 3, 1, 1))

    def features(self, image, mask):
        """Feature maps of every layer, finest first."""
        x = torch.cat([image * CRITIC_GAIN, mask], 1)
        if self.fold > 1:
            x = nn.functional.pixel_unshuffle(x, self.fold)
        out = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.2)
            out.append(x)
        return out

    def heads(self, features):
        return self.fine(features[2]) * SCORE_GAIN, self.coarse(features[-1]) * SCORE_GAIN

    def forward(self, image, mask):
        return self.heads(self.features(image, mask))


def critic_weights(mask: torch.Tensor, fold: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the two score maps count: cells (of 4 and 8 px times `fold`) within 4 pixels of the mask, summing to 1 a patch."""
    near = grow(mask, 4)
    out = []
    for step in (4 * fold, 8 * fold):
        cells = nn.functional.max_pool2d(near, step)
        out.append(cells / cells.sum((1, 2, 3), keepdim=True).clamp_min(1))
    return tuple(out)
