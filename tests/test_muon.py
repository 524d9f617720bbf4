"""Muon: directions that are orthogonal, whatever the layout of a convolution's weights in memory."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models.face_unet import PRESETS, FaceUNet
from core.training.muon import Muon, matrices_and_rest, orthogonalised


@pytest.mark.parametrize("shape", [(2, 24, 80), (2, 80, 24)])
def test_singular_values_become_about_one(shape):
    matrices = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    found = orthogonalised(matrices, torch.float32)
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.6 and values.max() < 1.3
    torch.testing.assert_close(u.mT @ found @ v.mT, torch.diag_embed((u.mT @ found @ v.mT).diagonal(dim1=1, dim2=2)))


def test_a_convolution_learns_the_same_in_either_layout_of_memory():
    learned = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        layer = nn.Conv2d(4, 6, 3).to(memory_format=layout)
        before = layer.weight.detach().clone()
        Muon([layer.weight], lr=0.1).step()
        assert torch.equal(layer.weight, before)  # no gradient yet
        optimiser = Muon([layer.weight], lr=0.1)
        layer(torch.ones(1, 4, 5, 5)).square().sum().backward()
        optimiser.step()
        learned.append((layer.weight.detach() - before).contiguous())
    torch.testing.assert_close(*learned, rtol=0.02, atol=1e-4)
    # Of a rank-one gradient one singular value is left, near one, times the rate that AdamW's size asks for.
    assert torch.linalg.matrix_norm(learned[0].flatten(1), 2) == pytest.approx(0.1 * 0.2 * 36**0.5, rel=0.35)


def test_first_and_last_layers_and_embeddings_are_left_to_adamw():
    network = FaceUNet(**PRESETS["tiny"])
    matrices, rest = matrices_and_rest(network)
    assert len(matrices) + len(rest) == len(list(network.parameters()))
    left = {id(p) for p in rest}
    for p in (network.tokens.present, network.conv_out.weight, network.time.mlp[0].weight, network.conv_in.bias):
        assert id(p) in left
    assert all(p.ndim > 1 for p in matrices)
    assert sum(p.numel() for p in matrices) > 0.8 * sum(p.numel() for p in network.parameters())
