"""The super-resolution network, its fused form and the patch discriminator.

The generator is strictly local: 3x3 convolutions with LeakyReLU on the low-res
grid, one depth-to-space at the end, and a fixed half-pixel bicubic skip. It has
no biases, so it is positively homogeneous: scaling the input scales the output,
whatever the normalisation. Training uses convolutions with parallel branches
(identity, 1x1, and a wide 1x1 -> 3x3 pair) composed in weight space, so that
they are one plain 3x3 convolution at every step and at export.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

SLOPE = 0.1


def bicubic_taps(offset: float, a: float = -0.5) -> list[float]:
    """Five taps at -2..2 of the cubic kernel for a sample lying at `offset` low-res pixels."""
    def kernel(x):
        x = abs(x)
        if x < 1:
            return (a + 2) * x**3 - (a + 3) * x**2 + 1
        if x < 2:
            return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
        return 0.0
    return [kernel(t - offset) for t in (-2, -1, 0, 1, 2)]


def skip_kernel(scale: int) -> torch.Tensor:
    """[s*s,1,5,5]: bicubic enlargement on the half-pixel grid as a convolution + depth-to-space."""
    taps = torch.tensor([bicubic_taps((p + 0.5) / scale - 0.5) for p in range(scale)], dtype=torch.float64)
    k = torch.einsum("ai,bj->abij", taps, taps)
    return k.reshape(scale * scale, 1, 5, 5).float()


class RepConv(nn.Module):
    """3x3 convolution without bias whose kernel is the sum of branches composed in weight space."""

    def __init__(self, cin: int, cout: int, identity: bool, gain: float = 1.0, zero_mean: int = 0):
        super().__init__()
        self.identity, self.zero_mean = identity, zero_mean
        std = gain * (2 / (9 * cin)) ** 0.5
        self.w3 = nn.Parameter(torch.randn(cout, cin, 3, 3) * std)
        self.w1 = nn.Parameter(torch.randn(cout, cin, 1, 1) * std * 0.3)
        mid = 2 * cout
        self.wide = nn.Parameter(torch.randn(mid, cin, 3, 3) * (2 / (9 * cin)) ** 0.5)
        self.narrow = nn.Parameter(torch.randn(cout, mid) * 0.1 * gain * (1 / mid) ** 0.5)
        if identity:
            self.scale = nn.Parameter(torch.ones(cout))

    def kernel(self) -> torch.Tensor:
        """The fused kernel [cout,cin,3,3]."""
        k = self.w3 + F.pad(self.w1, (1, 1, 1, 1))
        k = k + (self.narrow @ self.wide.flatten(1)).view_as(k)
        if self.identity:
            k = k + F.pad(torch.diag(self.scale)[:, :, None, None], (1, 1, 1, 1))
        if self.zero_mean:
            n = self.zero_mean
            k = torch.cat([k[:n] - k[:n].mean(dim=(1, 2, 3), keepdim=True), k[n:]])
        return k


class SrNet(nn.Module):
    """image [N,1,H,W] in model range -> [N,1,sH,sW]; one body convolution for each dilation."""

    def __init__(self, scale: int = 2, width: int = 48, dilations: tuple = (1,) * 6):
        super().__init__()
        self.scale, self.width, self.dilations = scale, width, tuple(dilations)
        self.bfloat16 = False  # body in bfloat16 while training; the head, the skip and the sum stay float32
        # Most filters of the first layer are blind to a constant offset: features then hold
        # detail only, which bfloat16 training and other people's normalisations both like.
        self.head = RepConv(1, width, False, zero_mean=width - 8)
        self.body = nn.ModuleList(RepConv(width, width, True, gain=0.2) for _ in self.dilations)
        self.tail = RepConv(width, scale * scale, False, gain=0.1)
        self.register_buffer("skip", skip_kernel(scale))

    @property
    def halo(self) -> int:
        """Receptive-field radius in low-res pixels."""
        return 1 + sum(self.dilations) + 1

    @torch.no_grad()
    def collapsed(self) -> dict:
        """The state with all branches folded into the 3x3 one: small, and equal in what it computes."""
        out = {}
        for name, m in self.named_modules():
            if isinstance(m, RepConv):
                k = m.kernel()
                if m.identity:
                    out[f"{name}.scale"] = m.scale
                    k = k - F.pad(torch.diag(m.scale)[:, :, None, None], (1, 1, 1, 1))
                out[f"{name}.w3"] = k
        return out

    @torch.no_grad()
    def load_collapsed(self, state: dict) -> list[str]:
        """Load what fits of a collapsed state, other branches silenced; returns what was left as it was."""
        left = []
        for name, m in self.named_modules():
            if not isinstance(m, RepConv):
                continue
            w = state.get(f"{name}.w3")
            if w is None or w.shape != m.w3.shape:
                left.append(name)
                continue
            m.w3.copy_(w)
            m.w1.zero_()
            m.narrow.zero_()
            if m.identity:
                m.scale.copy_(state[f"{name}.scale"])
        return left

    def kernels(self) -> list[torch.Tensor]:
        """All fused 3x3 kernels, from head to tail."""
        return [m.kernel() for m in (self.head, *self.body, self.tail)]

    def residual(self, x: torch.Tensor, kernels=None) -> torch.Tensor:
        """What is added to the bicubic enlargement, before depth-to-space: [N,s*s,H,W]."""
        ks = self.kernels() if kernels is None else kernels
        first = f = F.leaky_relu(F.conv2d(x, ks[0], padding=1), SLOPE)
        if self.bfloat16:
            f = first = f.to(torch.bfloat16)
        for k, d in zip(ks[1:-1], self.dilations):
            f = F.leaky_relu(F.conv2d(f, k.to(f.dtype), padding=d, dilation=d), SLOPE)
        return F.conv2d(f + first, ks[-1].to(f.dtype), padding=1).float()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.residual(x) + F.conv2d(x, self.skip, padding=2)
        return F.pixel_shuffle(y, self.scale)
