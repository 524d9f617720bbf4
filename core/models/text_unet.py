"""The text denoiser: diffusers' conditional U-Net in sizes for latents of 16x16, conditioned on a sentence in two ways.

Attention to the words (Rombach et al. 2021, arXiv:2112.10752) at the lower resolutions, where it costs little; and the
pooled sentence added to the noise level's embedding, which reaches every block.
"""

from __future__ import annotations

from diffusers import UNet2DConditionModel
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from torch import nn

PRESETS: dict[str, dict] = {
    "tiny": {"widths": (16, 32, 32), "blocks": (1, 1, 1), "attend": (False, True, True)},
    # The widths of the face denoiser, whose weights it can begin with. At 4x4 places the middle's attention is enough.
    "cpu": {"widths": (96, 192, 224), "blocks": (2, 2, 1), "attend": (False, True, False)},
    "gpu": {"widths": (128, 256, 256), "blocks": (2, 2, 2), "attend": (False, True, True)},
}


def build_text_unet(
    latent_channels: int,
    size: int,
    text_width: int,
    *,
    widths: tuple[int, ...],
    blocks: tuple[int, ...],
    attend: tuple[bool, ...],
    drop_rate: float = 0.1,
) -> UNet2DConditionModel:
    """Noisy latents (N, C, S, S), timesteps (N,), text states (N, L, D) -> prediction (N, C, S, S).

    One entry per resolution: widths (multiples of 16), residual blocks, whether they attend to the words; the middle
    always does. Every block starts as the identity and the prediction as zero.
    """
    unet = UNet2DConditionModel(
        sample_size=size,
        in_channels=latent_channels,
        out_channels=latent_channels,
        block_out_channels=tuple(widths),
        down_block_types=tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attend),
        up_block_types=tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attend)),
        layers_per_block=tuple(blocks),
        cross_attention_dim=text_width,
        attention_head_dim=4,  # diffusers reads this as the number of heads
        norm_num_groups=min(16, widths[0]),
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        dropout=drop_rate,
    )
    for module in unet.modules():
        if isinstance(module, ResnetBlock2D):
            nn.init.zeros_(module.conv2.weight)
            nn.init.zeros_(module.conv2.bias)
        elif isinstance(module, Transformer2DModel):
            nn.init.zeros_(module.proj_out.weight)
            nn.init.zeros_(module.proj_out.bias)
    nn.init.zeros_(unet.conv_out.weight)
    nn.init.zeros_(unet.conv_out.bias)
    return unet
