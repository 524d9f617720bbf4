"""The networks of a checkpoint folder as diagrams: one, or those that a pipeline or CLIP consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core import checkpoints
from core.checkpoints import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, nn

Opened = tuple["nn.Module", "dict[str, Tensor] | None"]  # inputs of one forward pass; None: those of its signature


@dataclass(frozen=True)
class Diagram:
    """A drawn architecture, or the sentence that says why there is none."""

    title: str = ""  # of a part of a pipeline
    svg: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Part:
    title: str  # empty for the only network of a folder
    open: Callable[[], Opened]  # raises CheckpointError


def draw(folder: Path) -> tuple[Diagram, ...]:
    """Load each network of a folder, run it once and draw what ran."""
    missing = checkpoints.missing(folder)
    if missing:
        return (Diagram(problem=missing),)
    try:
        return tuple(_diagram(part) for part in parts_of(folder))
    except CheckpointError as error:
        return (Diagram(problem=str(error)),)


def _diagram(part: Part) -> Diagram:
    from core.reports.architecture import ArchitectureError, trace  # imports torch, which the page does not wait for
    from core.reports.diagram import blueprint
    from core.reports.drawing import PAGE

    try:
        model, inputs = part.open()
        return Diagram(part.title, blueprint(trace(model, inputs, type(model).__name__)).svg(PAGE))
    except (CheckpointError, ArchitectureError) as error:
        return Diagram(part.title, problem=str(error))


def parts_of(folder: Path) -> list[Part]:
    """The networks in a folder; nothing is loaded before one is opened."""
    if (folder / "model_index.json").is_file():
        return [Part(title, partial(opener, folder / name)) for name, title, opener in _PIPELINE if _has(folder / name)]
    if (folder / "config.json").is_file() and checkpoints.read_json(folder / "config.json").get("model_type") == "clip":
        return [
            Part("Picture encoder", partial(_clip, folder, False)),
            Part("Text encoder", partial(_clip, folder, True)),
        ]
    return [Part("", partial(_KINDS.get(_kind(folder), _own), folder))]


def _kind(folder: Path) -> str:
    return str(checkpoints.read_json(folder / "config.json").get("_class_name")) if _has(folder) else ""


def _has(folder: Path) -> bool:
    return (folder / "config.json").is_file()


def _own(folder: Path) -> Opened:
    return checkpoints.load_model(folder), None


def _clip(folder: Path, text: bool) -> Opened:
    from core.models.clip import load_clip

    model, _ = load_clip(folder)
    return (model.text_model, _tokens(model.text_model)) if text else (model.vision_model, _picture(model.vision_model))


def _text_encoder(folder: Path) -> Opened:
    from transformers import CLIPTextModel

    model = _pretrained(CLIPTextModel, folder)
    return model, _tokens(model)


def _unet(folder: Path) -> Opened:
    from diffusers import UNet2DConditionModel

    return _pretrained(UNet2DConditionModel, folder, low_cpu_mem_usage=False), None  # else accelerate patches torch


def _prior(folder: Path) -> Opened:
    import torch

    from core.models.prior import TextPrior

    model = TextPrior.from_config(checkpoints.read_json(folder / "config.json"))
    checkpoints.load_weights(model, folder / checkpoints.WEIGHTS)
    model.requires_grad_(False)
    model.forward = model.draft  # the pass that draws; the whole one is for training
    states = torch.zeros(1, 16, model.config.text_width)
    return model.eval(), {"states": states, "noise": torch.zeros(1, model.config.code_dim)}


def _pretrained(cls: type, folder: Path, **options: bool) -> nn.Module:
    import torch

    try:
        model = cls.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, **options)
    except Exception as error:  # the libraries raise nearly anything for a damaged folder
        raise CheckpointError(f"The part {folder.name!r} of {folder.parent.name!r} cannot be opened.") from error
    return model.eval()


def _tokens(model: nn.Module) -> dict[str, Tensor]:
    import torch

    return {"input_ids": torch.zeros(1, model.config.max_position_embeddings, dtype=torch.long)}


def _picture(model: nn.Module) -> dict[str, Tensor]:
    import torch

    return {"pixel_values": torch.zeros(1, 3, model.config.image_size, model.config.image_size)}


def _adapter(folder: Path) -> Opened:
    raise CheckpointError(f"The style {folder.name!r} has no network of its own: it adds to the layers of its model.")


_KINDS = {"TextPrior": _prior, "Adapter": _adapter}
_PIPELINE = (
    ("text_encoder", "Text encoder", _text_encoder),
    ("prior", "Draft from the text", _prior),
    ("unet", "Denoiser", _unet),
    ("vae", "Autoencoder", _own),
)
