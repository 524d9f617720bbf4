"""Layers that train quickly: torch's own results and gradients, to rounding."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from core.models.face_unet import Attention
from core.models.text_unet import PRESETS, build_text_unet
from core.training.group_norm import QuickGroupNorm, use_quick_group_norm
from core.training.quick_layers import QuickAttention, QuickDropout, use_quick_layers


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


def test_attention_and_its_gradients_are_those_of_torch():
    torch.manual_seed(4)
    plain = Attention(32, heads=4)
    nn.init.normal_(plain.out.weight)
    quick = use_quick_layers(copy.deepcopy(plain))
    assert type(quick) is QuickAttention
    x = torch.randn(3, 32, 6, 6)
    for ours, theirs in zip(_with_gradients(quick, x), _with_gradients(plain, x), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def _with_gradients(layer: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    given = x.clone().requires_grad_()
    y = layer(given)
    y.square().sum().backward()
    return [y.detach(), given.grad, *(parameter.grad for parameter in layer.parameters())]


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_dropout_drops_its_share_evenly_and_keeps_the_mean(layout):
    torch.manual_seed(5)
    drop = use_quick_layers(nn.Sequential(nn.Dropout(0.25)))[0]
    assert type(drop) is QuickDropout
    x = torch.ones(16, 24, 16, 15).contiguous(memory_format=layout).requires_grad_()  # not a multiple of eight values
    y = drop(x)
    assert y.is_contiguous(memory_format=layout)
    assert y.unique().tolist() == pytest.approx([0, 4 / 3])
    for rates in (y == 0).float().mean(dim=(2, 3)), (y == 0).float().mean(dim=(0, 1)):
        assert abs(rates.mean() - 0.25) < 0.005  # 92,160 values: four standard deviations
        assert rates.std() < 0.04
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
    assert torch.equal(drop.eval()(x), x)
    assert not torch.equal(drop.train()(x), y)


def test_the_text_denoiser_gives_what_it_gave_with_the_attention_of_diffusers():
    torch.manual_seed(3)
    plain = build_text_unet(4, 16, 32, **PRESETS["tiny"]).eval()
    for parameter in plain.parameters():
        nn.init.normal_(parameter, std=0.1)
    quick = use_quick_layers(copy.deepcopy(plain))
    x, timesteps, states = torch.randn(2, 4, 16, 16), torch.tensor([5, 900]), torch.randn(2, 7, 32)
    values, gradients = [], []
    for model in (plain, quick):
        output = model(x, timesteps, states).sample
        output.square().sum().backward()
        values.append(output)
        gradients.append(model.mid_block.attentions[0].transformer_blocks[0].attn2.to_k.weight.grad)
    torch.testing.assert_close(values[1], values[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=1e-5)
