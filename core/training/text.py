"""Train the text denoiser on latents of faces and food, with captions written anew for every picture and step."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPTextModel

from core import checkpoints, draws
from core.attributes import vector
from core.captions.sentences import Caption, describe_face, describe_food
from core.data import PictureSet
from core.diffusion.objective import TIMESTEPS, Objective, Prediction
from core.diffusion.text import FolderObjective
from core.latents import LatentSet
from core.models.clip import load_clip, tokens_of
from core.models.text_unet import PRESETS as SHAPES
from core.models.text_unet import build_text_unet
from core.training import batches, init_from_faces
from core.training.clip import Sources, captions_of
from core.training.loop import Loop, LoopConfig
from core.training.quick_layers import use_quick_layers

_CAPTIONS = 128  # of one step that fits the sentences


@dataclass(frozen=True)
class TextPreset:
    loop: LoopConfig
    shape: str = "cpu"  # of core.models.text_unet.PRESETS
    faces: float = 0.5  # share of a batch; the rest is food
    prediction: Prediction = "v_prediction"
    uniform_times: float = 0.2
    unconditional: float = 0.12  # share of pictures that learn with an empty prompt, for guidance


PRESETS = {
    "smoke": TextPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        "tiny",
    ),
    "cpu": TextPreset(LoopConfig(steps=7000, batch_size=64, learning_rate=6e-4, weight_decay=0.01)),
    "gpu": TextPreset(
        LoopConfig(
            steps=60000, batch_size=512, learning_rate=6e-4, ema_decay=0.9998, weight_decay=0.01, validate_every=2000
        ),
        "gpu",
    ),
}


class TextStates:
    """Sentences -> text states, as ``StableDiffusionPipeline`` computes them: padded to full length."""

    def __init__(self, folder: Path, device: torch.device | str = "cpu") -> None:
        clip, self.tokenizer = load_clip(folder)
        self.encoder: CLIPTextModel = clip.text_model.to(device)

    @property
    def width(self) -> int:
        return self.encoder.config.hidden_size

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> Tensor:
        """N texts -> (N, L, D)."""
        tokens = tokens_of(self.tokenizer, texts, full=True).to(self.encoder.device)
        return self.encoder(tokens).last_hidden_state


@dataclass(frozen=True)
class Batch:
    z: Tensor  # float (N, C, S, S)
    texts: list[str]


class LatentBatches:
    """Latents of faces, then of foods, each with a caption of its own; rows as in the picture sets."""

    def __init__(self, sets: Mapping[str, PictureSet], latents: Mapping[str, LatentSet], faces: float) -> None:
        self.sources = Sources.of(sets)
        self.latents = latents
        self.share = faces if "food101" in latents else 1.0

    def draw(self, count: int, generator: torch.Generator, unconditional: float = 0.0) -> Batch:
        rows = batches.draw_rows(self.sources.rows["faces"], round(self.share * count), generator)
        parts, picked = [self._latents("celeba", rows, generator)], np.zeros(0, int)
        if count > len(rows):
            picked = batches.draw_rows(self.sources.rows["foods"], count - len(rows), generator)
            parts.append(self._latents("food101", picked, generator))
        texts = [caption.text for caption in captions_of(self.sources, rows, picked, generator)]
        dropped = draws.rand(generator, count) < unconditional
        return Batch(torch.cat(parts), ["" if gone else text for gone, text in zip(dropped, texts, strict=True)])

    def captions(self, count: int, generator: torch.Generator) -> list[Caption]:
        """Captions of faces alone; one in eight is empty."""
        rows = batches.draw_rows(self.sources.rows["faces"], count, generator)
        captions = captions_of(self.sources, rows, rows[:0], generator)
        return [*captions[count // 8 :], *[Caption("", {}, "")] * (count // 8)]

    def _latents(self, kind: str, rows: np.ndarray, generator: torch.Generator) -> Tensor:
        mirrored = draws.integers(generator, 2, len(rows)).numpy()
        return torch.from_numpy(self.latents[kind].latents[rows, mirrored].astype(np.float32))


def train_text(
    sets: Mapping[str, PictureSet],
    latents: Mapping[str, LatentSet],
    clip: Path,
    preset: TextPreset,
    out: Path,
    *,
    start: Path | None = None,
    faces: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Picture sets (for their labels), their latents by the same kinds, a CLIP folder -> a run folder.

    ``start`` is a pipeline or U-Net folder whose weights the run begins with; ``faces`` a face denoiser that predicts
    the same (velocity or flow), whose body it begins with. Raises ``CheckpointError``.
    """
    # data
    drawn = LatentBatches(sets, latents, preset.faces)
    objective = FolderObjective(Objective(preset.prediction).scheduler_config())
    # model, optimiser
    states = TextStates(clip)
    torch.manual_seed(preset.loop.seed)
    channels, size = latents["celeba"].latents.shape[2:4]
    model = build_text_unet(channels, size, states.width, **SHAPES[preset.shape])
    about = {"encoder": latents["celeba"].encoder, "clip": str(clip), "shape": preset.shape}
    metadata = {**batches.metadata_of(sets), **about, "scheduler": objective.scheduler_config()}
    if start is not None:
        weights = start / "unet" if (start / "unet").is_dir() else start
        checkpoints.load_weights(model, weights / checkpoints.WEIGHTS)
        metadata["started_from"] = batches.history(start, weights)
    elif faces is not None:
        if resume and (out / "state.safetensors").is_file():
            metadata["started_from"] = checkpoints.read_json(out / "run.json")["started_from"]
        else:
            missed = begin_with(model, faces, drawn, states, objective)
            metadata["started_from"] = {"faces": checkpoints.fingerprint(faces), **missed}
    loop = Loop(preset.loop, out, {"model": use_quick_layers(model)}, metadata)
    states.encoder.to(loop.device)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        batch = drawn.draw(loop.batch_size, generator, preset.unconditional)
        noise = draws.randn(generator, *batch.z.shape)
        timesteps = objective.draw_timesteps(len(batch.z), generator, uniform=preset.uniform_times)
        x, target = objective.noised(batch.z, noise, timesteps), objective.target(batch.z, noise, timesteps)
        x = x.to(loop.device).contiguous(memory_format=torch.channels_last)
        with loop.autocast():
            conditioning = states(batch.texts)
            output = loop.modules["model"](x, timesteps.to(loop.device), conditioning).sample
        loss = F.mse_loss(output.float(), target.to(loop.device))
        loop.update("model", loss)
        return {"loss": loss.detach()}

    # train, log, save
    loop.run(train_step, lambda model: _validate(model, states, sets, latents, objective), resume=resume, until=until)
    return loop


def begin_with(
    model: UNet2DConditionModel, folder: Path, drawn: LatentBatches, states: TextStates, objective: Objective
) -> dict[str, float]:
    """Copy the body of the face denoiser in ``folder`` into ``model`` and fit its conditioning: a caption then does
    what the attributes that it mentions did. Returns the errors of the two fits.
    """
    faces = checkpoints.load_model(folder).eval().requires_grad_(False)
    theirs = checkpoints.read_json(folder / "scheduler_config.json").get("prediction_type")
    ours = objective.scheduler_config()["prediction_type"]
    if theirs != ours:
        raise checkpoints.CheckpointError(
            f"{folder.name} predicts {theirs}, and the text denoiser {ours}: train_text.py --prediction says which."
        )
    init_from_faces.check(model, faces)
    init_from_faces.copy_body(model, faces)

    def captions_of_step(step: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(step)
        captions = drawn.captions(_CAPTIONS, generator)
        mentioned = np.stack([vector(caption.attributes) for caption in captions])
        return states([caption.text for caption in captions]), torch.from_numpy(mentioned)

    return {
        "level_missed": round(init_from_faces.fit_levels(model, faces, first=objective.first), 4),
        "words_missed": round(init_from_faces.fit_words(model, faces, captions_of_step), 4),
    }


@torch.no_grad()
def _validate(
    model: nn.Module,
    states: TextStates,
    sets: Mapping[str, PictureSet],
    latents: Mapping[str, LatentSet],
    objective: Objective,
    most: int = 384,
) -> dict[str, float]:
    """Noise error on the validation parts, over even timesteps, the same captions and noise every time.

    It is in units of noise variance: an untrained network has about 1.
    """
    figures = {}
    for kind, known in latents.items():
        rows = known.indices("val")[:most]
        generator = torch.Generator().manual_seed(1234)
        timesteps = objective.first + (torch.arange(len(rows)) * TIMESTEPS // max(1, len(rows)) * 7919) % TIMESTEPS
        errors = []
        for part in np.array_split(np.arange(len(rows)), max(1, len(rows) // 64)):
            z = torch.from_numpy(known.latents[rows[part], 0].astype(np.float32))
            noise, t = torch.randn(z.shape, generator=generator), timesteps[part]
            conditioning = states([fixed_caption(sets[kind], row) for row in rows[part]])
            x = objective.noised(z, noise, t)
            output = model(x.to(model.device), t.to(model.device), conditioning).sample.float().cpu()
            errors.append((objective.noise(x, output, t) - noise).square().flatten(1).mean(dim=1))
        figures[kind] = float(torch.cat(errors).mean())
    return {**figures, "loss": float(np.mean(list(figures.values())))}


def fixed_caption(source: PictureSet, row: int) -> str:
    """The caption of a picture in every validation."""
    die = random.Random(int(row))
    if source.attributes is not None:
        return describe_face(source.attributes[row], die).text
    return describe_food(source.class_names[source.classes[row]], die).text
