"""The training data of a style: latents of styled pictures, and the conditioning of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor, nn

from core import checkpoints
from core.captions.sentences import describe_face, describe_food
from core.data import PictureSet
from core.diffusion.objective import Objective
from core.diffusion.text import FolderObjective
from core.images import to_tensor
from core.models import LatentCodec
from core.models.clip import tokens_of
from core.stylize import render

_PREDICTIONS = {"epsilon": "epsilon", "v_prediction": "v_prediction", "flow_prediction": "flow"}


@dataclass(frozen=True)
class StyleBase:
    """A frozen denoiser with what belongs to it. ``conditioning`` turns descriptions into the denoiser's input."""

    kind: str  # "faces" or "text"
    network: nn.Module
    objective: Objective
    codec: LatentCodec
    fingerprint: str
    conditioning: Callable[[Sequence[object]], Tensor]  # of attributes (N, 40), or N texts -> (N, L, D)
    size: int  # pixels along a side

    def prediction(self, output: object) -> Tensor:
        """The prediction in a denoiser's output: those of diffusers wrap it."""
        return output if isinstance(output, Tensor) else output.sample


@dataclass(frozen=True)
class StyleData:
    """Latents float32 (N, 2, C, S, S), picture and mirror image; ``conditioning`` is (N, 40) or (N, L, D)."""

    styled: Tensor
    conditioning: Tensor
    unconditional: Tensor  # (40,) or (L, D): the conditioning of no description
    train: np.ndarray
    val: np.ndarray
    sources: dict[str, int] = field(default_factory=dict)  # data set -> pictures; a person's own are in none


def open_base(kind: str, root: Path) -> StyleBase:
    """``faces`` or ``text`` of a checkpoint root. Raises ``CheckpointError``."""
    if kind == "faces":
        network = checkpoints.load_model(root / "faces")
        codec = LatentCodec(checkpoints.load_model(root / "autoencoder-kl"))
        scheduler = checkpoints.read_json(root / "faces" / "scheduler_config.json")
        objective = Objective(_PREDICTIONS[scheduler.get("prediction_type", "v_prediction")])
        return StyleBase(
            kind,
            network,
            objective,
            codec,
            checkpoints.fingerprint(root / "faces"),
            lambda rows: torch.as_tensor(np.asarray(rows, dtype=np.float32)),
            network.config.sample_size * codec.factor,
        )
    problem = checkpoints.missing(root / "text")
    if problem:
        raise checkpoints.CheckpointError(problem)
    pipeline = StableDiffusionPipeline.from_pretrained(
        root / "text", local_files_only=True, use_safetensors=True, safety_checker=None, dtype=torch.float32
    )
    encoder, tokenizer = pipeline.text_encoder.eval().requires_grad_(False), pipeline.tokenizer

    @torch.no_grad()
    def conditioning(texts: Sequence[str]) -> Tensor:
        return encoder(tokens_of(tokenizer, texts, full=True)).last_hidden_state.float()

    network, codec = pipeline.unet.eval().requires_grad_(False), LatentCodec(pipeline.vae.eval())
    objective = FolderObjective(dict(pipeline.scheduler.config))
    size = network.config.sample_size * codec.factor
    return StyleBase(kind, network, objective, codec, checkpoints.fingerprint(root / "text"), conditioning, size)


def rendered_data(
    base: StyleBase, sets: dict[str, PictureSet], renderer: str, *, pictures: int, trigger: str = ""
) -> StyleData:
    """Renderings of real pictures: ``pictures`` of the training parts, a tenth as many of the held-out ones."""
    pixels, descriptions, parts = [], [], []
    for source in sets.values():
        for part, rows in chosen_rows(source, pictures // len(sets)).items():
            pixels += [np.array(source.pixels[row]) for row in rows]
            descriptions += [_description(base, source, row, trigger) for row in rows]
            parts += [part] * len(rows)
    sides = [side for p in pixels for side in (p, np.ascontiguousarray(p[:, ::-1]))]  # no mirrored strokes
    styled = [render(side, renderer, seed) for seed, side in enumerate(sides)]
    split = np.array(parts)
    return StyleData(
        _pairs(base, styled),
        base.conditioning(descriptions),
        _unconditional(base),
        np.flatnonzero(split == "train"),
        np.flatnonzero(split == "val"),
        {kind: len(pixels) // len(sets) for kind in sets},
    )


def chosen_rows(source: PictureSet, pictures: int, among: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Rows spread over the training part, and a tenth as many of the validation part; only those ``among`` (N,)."""
    wanted = {"train": pictures, "val": max(4, pictures // 10)}
    rows = {part: source.indices(part) for part in wanted}
    rows = {part: each if among is None else each[among[each]] for part, each in rows.items()}
    return {part: rows[part][:: max(1, len(rows[part]) // count)][:count] for part, count in wanted.items()}


def photo_data(base: StyleBase, pixels: np.ndarray, attributes: np.ndarray, *, trigger: str = "") -> StyleData:
    """A person's pictures (N, S, S, 3) and the attributes that the classifier infers (N, 40), 0 where it is unsure.

    Every eighth is held out; of fewer than sixteen none is, and the figure is that of the training pictures.
    """
    rows = np.arange(len(pixels))
    held = rows[::8] if len(rows) >= 16 else rows
    descriptions = [_words(base, row, trigger, seed) for seed, row in enumerate(attributes)]
    sides = [side for p in pixels for side in (p, np.ascontiguousarray(p[:, ::-1]))]
    train = rows if len(held) == len(rows) else np.setdiff1d(rows, held)
    return StyleData(_pairs(base, sides), base.conditioning(descriptions), _unconditional(base), train, held)


@torch.no_grad()
def read_attributes(classifier: nn.Module, pixels: np.ndarray, sure: float = 0.75) -> np.ndarray:
    """Pictures (N, S, S, 3) -> (N, 40) of -1, 0 and 1: what the classifier is sure of."""
    parts = np.array_split(np.arange(len(pixels)), -(-len(pixels) // 32))
    seen = torch.cat([classifier(to_tensor(pixels[part])).attributes.sigmoid() for part in parts]).numpy()
    return np.where(seen > sure, 1.0, np.where(seen < 1 - sure, -1.0, 0.0)).astype(np.float32)


def _description(base: StyleBase, source: PictureSet, row: int, trigger: str) -> object:
    if source.attributes is not None:
        return _words(base, source.attributes[row].astype(np.float32), trigger, int(row))
    if base.kind == "faces":
        raise checkpoints.CheckpointError("The face model learns a style from faces; give --data celeba=DIR.")
    return f"{trigger} {describe_food(source.class_names[source.classes[row]], random.Random(int(row))).text}".strip()


def _words(base: StyleBase, attributes: np.ndarray, trigger: str, seed: int) -> object:
    if base.kind == "faces":
        return attributes
    return f"{trigger} {describe_face(attributes, random.Random(seed)).text}".strip()


def _unconditional(base: StyleBase) -> Tensor:
    return base.conditioning([np.zeros(40)] if base.kind == "faces" else [""])[0]


@torch.no_grad()
def _pairs(base: StyleBase, sides: Sequence[np.ndarray]) -> Tensor:
    parts = [base.codec.encode(to_tensor(np.stack(sides[at : at + 32]))) for at in range(0, len(sides), 32)]
    z = torch.cat(parts).float()
    return z.unflatten(0, (-1, 2)).contiguous()
