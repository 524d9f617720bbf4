"""Samples while a style is trained, and the finished style's folder with its thumbnail."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from core import attributes, checkpoints
from core.diffusion.sampling import Plan, draw
from core.diffusion.text import Conditioning, sample_text_steps
from core.images import to_images
from core.models.adapter_files import Adapter, read_adapter, write_adapter
from core.models.adapters import ActiveAdapter, AdapterFactors, merged, reduced
from core.recipe import Recipe
from core.training.export import training_metadata
from core.training.lora.data import StyleBase

SEEDS = (7, 19, 23, 42)
_REQUESTED: tuple[dict[str, float], ...] = (
    {"Smiling": 1.0, "Male": -1.0, "Young": 1.0},
    {"Male": 1.0, "Young": 1.0},
    {"Male": -1.0, "Blond_Hair": 1.0},
    {"Male": 1.0, "Eyeglasses": 1.0, "Young": -1.0},
)
_PROMPTS = ("a smiling young woman", "a young man", "a woman with blond hair", "an old man wearing eyeglasses")
_USUAL = Recipe()  # what the page draws with
_PLAN = Plan(_USUAL.solver, _USUAL.steps, _USUAL.guidance, _USUAL.guidance_interval)
_THUMBNAIL = "thumbnail.webp"
_THUMBNAIL_SEED = 27


def sampler(base: StyleBase, folder: Path, trigger: str = "") -> Callable[[nn.Module, int], None]:
    """A function that draws ``folder/sample-00050.png`` with the model of a step: four pictures side by side."""
    folder.mkdir(parents=True, exist_ok=True)

    def show(model: nn.Module, step: int) -> None:
        adapter = model.adapter() if isinstance(model, AdapterFactors) else model
        sheet = sample_sheet(base, adapter, trigger=trigger)
        part = folder / "sample.part"
        sheet.save(part, "PNG")
        os.replace(part, folder / f"sample-{step:05d}.png")

    return show


@torch.no_grad()
def sample_sheet(
    base: StyleBase,
    adapter: Adapter | nn.Module | None,
    seeds: Sequence[int] = SEEDS,
    weight: float = 1.0,
    trigger: str = "",
) -> Image.Image:
    """The same four requests every time, in one row: in a style, by another denoiser, or as the base draws them."""
    network = adapter if isinstance(adapter, nn.Module) else base.network
    if isinstance(adapter, Adapter):
        network = merged(network, [ActiveAdapter(adapter, weight)])
    config = network.config
    channels = getattr(config, "latent_channels", None) or config.in_channels
    noise = torch.cat(
        [torch.randn(1, channels, config.sample_size, config.sample_size, generator=_seeded(s)) for s in seeds]
    )
    device = next(network.parameters()).device

    def denoise(x: Tensor, t: Tensor, conditioning: Tensor) -> Tensor:
        x = x.to(device).contiguous(memory_format=torch.channels_last)
        return base.prediction(network(x, t.to(device), conditioning.to(device))).float().cpu()

    if base.kind == "faces":
        conditioning = torch.from_numpy(
            np.stack([attributes.vector(_REQUESTED[i % 4]) for i in range(len(seeds))])
        ).float()
        z = draw(denoise, base.objective, _PLAN, noise, conditioning)
    else:
        prompts = [f"{trigger} {_PROMPTS[i % 4]}".strip() for i in range(len(seeds))]
        conditioning = Conditioning(base.conditioning(prompts), base.conditioning([""]))
        z = list(sample_text_steps(denoise, base.objective, _PLAN, noise, conditioning))[-1].latents
    images = to_images(base.codec.decode(z))
    sheet = Image.new("RGB", (sum(image.width for image in images), images[0].height))
    for place, image in enumerate(images):
        sheet.paste(image, (place * image.width, 0))
    return sheet


def export_style(
    base: StyleBase,
    run: Path,
    folder: Path,
    *,
    which: str = "best",
    title: str = "",
    rank: int | None = None,
    scale: float = 1.0,
) -> None:
    """A run -> the style's folder: weights, ``config.json``, ``training.json``, thumbnail and samples. Its card comes
    from ``core.reports.cards``. ``rank`` makes it smaller than it was trained; ``scale`` is the weight of the trained
    style that is to be its strength 1.
    """
    trained = read_adapter(run / which)
    adapter = reduced(trained, rank) if rank else trained
    layers = {name: replace(update, scale=update.scale * scale) for name, update in adapter.layers.items()}
    metadata = {**adapter.metadata, "title": title or adapter.metadata.get("title") or folder.name}
    adapter = Adapter(adapter.name, layers, metadata, "")
    folder.mkdir(parents=True, exist_ok=True)
    made = {"trained_rank": trained.rank, "scale": scale}
    checkpoints.write_json(folder / "training.json", {**training_metadata(run), **made})
    trigger = str(metadata.get("trigger", ""))
    for name, seeds in ((checkpoints.SAMPLES, SEEDS), (_THUMBNAIL, (_THUMBNAIL_SEED,))):
        sample_sheet(base, adapter, seeds, trigger=trigger).save(folder / name, "WEBP", quality=92, method=6)
    write_adapter(adapter, folder)  # last: now the folder counts


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
