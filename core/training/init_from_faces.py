"""The face denoiser's body as the start of the text denoiser: it has learned to draw, and only the conditioning is new.

Both are U-Nets of the same residual blocks, so those are copied. The conditioning differs: the embeddings of the noise
level and of the sentence are fitted to what the face denoiser adds for that level and for the attributes that the
sentence mentions (distillation, Hinton et al. 2015, arXiv:1503.02531). Attention starts anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional as F

from core.checkpoints import CheckpointError
from core.diffusion.objective import TIMESTEPS
from core.models.face_unet import FaceUNet, ResidualBlock

LEVEL_STEPS, WORD_STEPS = 1000, 500
# step -> text states (N, L, D), the attributes they mention (N, 40)
CaptionBatch = Callable[[int], tuple[Tensor, Tensor]]


def check(unet: UNet2DConditionModel, faces: FaceUNet) -> None:
    """Raises ``CheckpointError`` where the two bodies differ."""
    ours, theirs = unet.config, faces.config
    if theirs.conditioning != "modulation":
        raise CheckpointError("The text denoiser cannot begin with these faces: they are conditioned by attention.")
    if (tuple(ours.block_out_channels), ours.in_channels) != (tuple(theirs.widths), theirs.latent_channels):
        raise CheckpointError("The text denoiser cannot begin with these faces: their widths differ.")
    if max(ours.layers_per_block) > theirs.blocks:
        raise CheckpointError("The text denoiser cannot begin with these faces: they have fewer blocks.")


def copy_body(unet: UNet2DConditionModel, faces: FaceUNet) -> None:
    """Convolutions, norms and residual blocks of ``faces`` -> ``unet``. Where a level has fewer blocks, the first are
    taken on the way down; on the way up the last too, which meets the level's entrance.
    """
    unet.conv_in.load_state_dict(faces.conv_in.state_dict())
    for level, stage in enumerate(unet.down_blocks):
        for ours, theirs in zip(stage.resnets, faces.down[level].blocks, strict=False):
            _copy_block(ours, theirs)
        if stage.downsamplers:
            stage.downsamplers[0].conv.load_state_dict(faces.downsample[level].state_dict())
    for ours, theirs in zip(unet.mid_block.resnets, faces.middle.blocks, strict=True):
        _copy_block(ours, theirs)
    for level, stage in enumerate(unet.up_blocks):
        *first, last = stage.resnets
        *rest, theirs_last = faces.up[level].blocks
        for ours, theirs in zip(first, rest, strict=False):
            _copy_block(ours, theirs)
        _copy_block(last, theirs_last)
        if stage.upsamplers:
            stage.upsamplers[0].conv.load_state_dict(faces.upsample[level].state_dict())
    unet.conv_norm_out.load_state_dict(faces.norm_out.state_dict())
    unet.conv_out.load_state_dict(faces.conv_out.state_dict())


def _copy_block(ours: nn.Module, theirs: ResidualBlock) -> None:
    for name, source in (("norm1", theirs.norm1), ("conv1", theirs.conv1), ("norm2", theirs.norm2)):
        getattr(ours, name).load_state_dict(source.state_dict())
    ours.conv2.load_state_dict(theirs.conv2.state_dict())
    if ours.conv_shortcut is not None:
        ours.conv_shortcut.load_state_dict(theirs.skip.state_dict())
    width = theirs.embed.in_features
    with torch.no_grad():  # what of our embedding is wider than theirs says nothing yet
        ours.time_emb_proj.weight.zero_()
        ours.time_emb_proj.weight[:, :width].copy_(theirs.embed.weight)
        ours.time_emb_proj.bias.copy_(theirs.embed.bias)


def fit_levels(unet: UNet2DConditionModel, faces: FaceUNet, steps: int = LEVEL_STEPS, *, first: int = 0) -> float:
    """Train the embedding of the noise level to equal the face denoiser's, whose timesteps count from 0 and those of
    ``unet`` from ``first``. Returns the share of variance missed.
    """
    timesteps = torch.arange(TIMESTEPS)
    with torch.no_grad():
        wanted = faces.time(timesteps)  # (1000, D)
    projected = unet.time_proj(timesteps + first).float()  # (1000, W)
    return _fit(unet.time_embedding, lambda step: (unet.time_embedding(projected), wanted), steps)


def fit_words(unet: UNet2DConditionModel, faces: FaceUNet, captions: CaptionBatch, steps: int = WORD_STEPS) -> float:
    """Train the sentence's embedding to equal that of the attributes it mentions. Returns the share missed."""

    def pair(step: int) -> tuple[Tensor, Tensor]:
        states, mentioned = captions(step)
        with torch.no_grad():
            wanted = faces.pool(faces.tokens(mentioned, pooled=True))
        return unet.add_embedding(states), wanted

    return _fit(unet.add_embedding, pair, steps)


def _fit(module: nn.Module, pair: Callable[[int], tuple[Tensor, Tensor]], steps: int) -> float:
    """Regress the first columns of what ``module`` gives on what is wanted (N, D)."""
    optimiser = torch.optim.Adam(module.parameters(), lr=2e-3)
    missed = math.nan
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (1 + math.cos(math.pi * step / steps)) + 1e-5
        got, wanted = pair(step)
        loss = F.mse_loss(got[:, : wanted.shape[1]], wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        missed = float(loss.detach() / wanted.var(dim=0).mean().clamp(min=1e-8))
    optimiser.zero_grad(set_to_none=True)
    return missed
