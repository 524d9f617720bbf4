"""A tiny text side for several tests: pictures with labels, their latents, and a CLIP folder with random weights."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from core import attributes, checkpoints
from core.captions.sentences import describe_face, describe_food
from core.data import PictureSet
from core.diffusion.objective import Objective
from core.latents import LatentSet
from core.models import PictureClassifier, build_autoencoder
from core.models.adapters import layers_of
from core.models.clip import PRESETS, build_clip, build_tokenizer
from core.models.prior import TextPrior
from core.models.text_unet import PRESETS as UNETS
from core.models.text_unet import build_text_unet
from core.training import prior
from core.training.text_export import export_clip, export_text

FOODS = ("pizza", "sushi")
SPLIT = np.array([0] * 32 + [1] * 8 + [2] * 8, dtype=np.int8)
SHOWN = ("Smiling", "Male", "Eyeglasses")  # the attributes that these pictures show, as a bright third each


def picture_sets() -> dict[str, PictureSet]:
    rng = np.random.default_rng(0)
    count = len(SPLIT)
    pixels = rng.integers(20, 60, (2, count, 64, 64, 3), dtype=np.uint8)
    labels = np.zeros((count, attributes.COUNT), dtype=np.int8)
    for place, name in enumerate(SHOWN):
        labels[:, attributes.INDEX[name]] = rng.choice((-1, 1), count)
        bright = labels[:, attributes.INDEX[name]] > 0
        pixels[0, bright, :, 21 * place : 21 * place + 21] += 150
    classes = (np.arange(count) % len(FOODS)).astype(np.int16)
    pixels[1, classes == 1, ..., 2] += 150
    names = tuple(f"{i:06d}.jpg" for i in range(count))
    return {
        "celeba": PictureSet("celeba", pixels[0], names, SPLIT, labels),
        "food101": PictureSet("food101", pixels[1], names, SPLIT, classes=classes, class_names=FOODS),
    }


def latent_sets(channels: int = 4) -> dict[str, LatentSet]:
    """Row-aligned with :func:`picture_sets`, made by nobody."""
    rng = np.random.default_rng(1)
    result = {}
    for kind, source in picture_sets().items():
        latents = rng.standard_normal((len(source), 2, channels, 16, 16)).astype(np.float16)
        zeros = np.zeros(channels)
        result[kind] = LatentSet(
            latents, source.names, source.split, source.attributes, source.classes, zeros, zeros + 1, "0" * 12
        )
    return result


def tokenizer():
    dice = random.Random(0)
    texts = [describe_face([dice.choice((-1, 1)) for _ in range(40)], dice).text for _ in range(400)]
    return build_tokenizer([*texts, *(describe_food(name, dice).text for name in FOODS * 20)], 1024)


def finished_run(folder: Path, model: nn.Module, metadata: dict | None = None) -> Path:
    """What a training leaves behind, without the training."""
    model.save_pretrained(folder / "last")
    (folder / "run.json").write_text(json.dumps({"config": {"batch_size": 8}, **(metadata or {})}))
    (folder / "log.jsonl").write_text('{"step": 2, "seconds": 1.0, "loss": 0.5}\n')
    return folder


def clip_folder(folder: Path) -> Path:
    """``folder/clip``, exported from a run that never ran."""
    known = tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = build_clip(known, PRESETS["tiny"])
        model.text_model.embeddings.token_embedding.weight.data *= 30  # without training, sentences differ little
        for layer in model.text_model.encoder.layers:
            layer.self_attn.out_proj.weight.data *= 10
    run = finished_run(folder / "clip-run", model)
    known.save_pretrained(run / "tokenizer")
    export_clip(run, folder / "clip", picture_sets())
    return folder / "clip"


def wake(model: nn.Module) -> nn.Module:
    """Random values where training would start from zero, or no word and no step would change a picture."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        for parameter in model.parameters():
            if parameter.ndim > 1 and not parameter.any():
                nn.init.normal_(parameter, std=0.05)
    return model


def checkpoint_root(folder: Path) -> Path:
    """Checkpoints of the whole text side, exported from runs that never ran."""
    clip = clip_folder(folder)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        autoencoder = build_autoencoder(channels=(16, 16, 16), latent_channels=4)
        classifier = PictureClassifier(
            stem_width=16, widths=(16, 16, 32, 32), blocks=1, embedding_dim=32, class_names=FOODS
        )
        unet = wake(build_text_unet(4, 16, 32, **UNETS["tiny"]))
        start = wake(TextPrior(latent_channels=4, text_width=32, **prior.PRESETS["smoke"].model))
    checkpoints.save_model(autoencoder, folder / "autoencoder-kl")
    checkpoints.save_model(classifier.eval(), folder / "classifier")
    run = finished_run(folder / "run", unet, {"scheduler": Objective("v_prediction").scheduler_config()})
    export_text(run, clip, folder / "autoencoder-kl", folder / "text")
    prior.export_prior(finished_run(folder / "prior-run", start), folder / "text" / "prior")
    return folder


def stable_diffusion(folder: Path) -> Path:
    """Random weights in the layout of version 1.5, as its fp16 variant: epsilon, PNDM, 8 pixels per latent."""
    known = tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(6)
        encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(known),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=48,
                eos_token_id=known.eos_token_id,
                bos_token_id=known.bos_token_id,
                pad_token_id=known.pad_token_id,
            )
        )
        unet = UNet2DConditionModel(
            sample_size=40,
            in_channels=4,
            out_channels=4,
            block_out_channels=(16, 32),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            layers_per_block=1,
            cross_attention_dim=32,
            attention_head_dim=2,
            norm_num_groups=8,
        )
        vae = AutoencoderKL(
            block_out_channels=(8, 8, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            norm_num_groups=4,
            scaling_factor=0.18215,
        )
    scheduler = PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
    )
    whole = StableDiffusionPipeline(vae, encoder, known, unet, scheduler, None, None, requires_safety_checker=False)
    whole.save_pretrained(folder, variant="fp16")
    return folder


def kohya_lora(network: nn.Module, prefix: str, ends: tuple[str, ...], size: float = 0.4) -> dict[str, torch.Tensor]:
    """A file as the original trainers write it, without a word on what it is for."""
    generator, state = torch.Generator().manual_seed(1), {}
    for layer, module in layers_of(network).items():
        if layer.endswith(ends):
            key = f"{prefix}_{layer.replace('.', '_')}"
            down = torch.randn(2, *module.weight.shape[1:], generator=generator) * size
            up = torch.randn(module.weight.shape[0], 2, *(1,) * (module.weight.ndim - 2), generator=generator) * size
            state |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(2.0)}
    return state
