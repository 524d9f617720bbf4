"""Group normalisation with a quick backward pass: torch's own gradients, to rounding."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.training.group_norm import QuickGroupNorm, use_quick_group_norm


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels_last", [True, False])
def test_gradients_are_those_of_torch(dtype, channels_last):
    torch.manual_seed(3)
    plain = nn.Sequential(nn.GroupNorm(4, 16))
    nn.init.normal_(plain[0].weight)
    nn.init.normal_(plain[0].bias)
    quick = use_quick_group_norm(nn.Sequential(nn.GroupNorm(4, 16)))
    quick.load_state_dict(plain.state_dict())
    assert type(quick[0]) is QuickGroupNorm
    x = torch.randn(3, 16, 8, 12).to(dtype) * 2 + 1
    slope = torch.randn(3, 16, 8, 12).to(dtype)
    found = []
    for norm in (plain, quick):
        given = x.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
        given = given.clone().requires_grad_()
        y = norm(given)
        y.backward(slope)
        found.append((y.detach(), given.grad, norm[0].weight.grad, norm[0].bias.grad))
    assert torch.equal(found[0][0], found[1][0])
    for ours, theirs in zip(found[1][1:], found[0][1:], strict=True):
        error = (ours.double() - theirs.double()).norm() / theirs.double().norm()
        assert error < (1e-5 if dtype == torch.float32 else 0.01)  # bfloat16 has eight bits
