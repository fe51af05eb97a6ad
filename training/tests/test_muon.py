"""Muon: orthogonalised steps, and a run that goes on from its saved state."""

import copy

import pytest
import torch

from verisim_lab.muon import Pair, orthogonalise
from verisim_lab.sr_network import SrNet


@pytest.mark.parametrize("shape", [(16, 144), (96, 48)])
def test_singular_values_come_near_one(shape):
    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape) * 1e-4))
    assert 0.5 < values.min() and values.max() < 1.3


def test_it_learns_and_goes_on_where_it_was():
    torch.manual_seed(2)
    x, y = torch.rand(2, 1, 12, 12), torch.rand(2, 1, 24, 24)

    def steps(net, optimiser, n):
        for _ in range(n):
            loss = ((net(x) - y) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return float(loss.detach())

    net = SrNet(2, 12, (1, 2))
    optimiser = Pair(net, 0.005, 1e-3)
    optimiser.set_rates(0.5)
    first = steps(net, optimiser, 1)
    assert steps(net, optimiser, 40) < 0.8 * first
    other = copy.deepcopy(net)
    again = Pair(other, 0.005, 1e-3)
    again.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert steps(other, again, 3) == steps(net, optimiser, 3)
    for a, b in zip(net.parameters(), other.parameters()):
        assert torch.equal(a, b)
