"""Finished runs -> the folders of CLIP and of the text pipeline, in transformers' and diffusers' own layouts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPModel, CLIPTokenizer

from core import checkpoints
from core.data import PictureSet
from core.models.clip import PROCESSOR, WEIGHTS, load_clip
from core.training.clip_zero_shot import zero_shot
from core.training.export import training_metadata


def export_clip(run: Path, folder: Path, sets: Mapping[str, PictureSet], *, which: str = "last") -> dict:
    """A run of ``train_clip`` -> a checkpoint folder, fp16, measured on the test part; returns the figures."""
    if not (run / which / WEIGHTS).is_file():
        raise checkpoints.CheckpointError(f"{run} holds no finished run: {which}/{WEIGHTS} is missing.")
    model = CLIPModel.from_pretrained(run / which, local_files_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    CLIPTokenizer.from_pretrained(run / "tokenizer", local_files_only=True).save_pretrained(folder)
    readable(folder)
    checkpoints.write_json(folder / "preprocessor_config.json", PROCESSOR)
    checkpoints.write_json(folder / "training.json", training_metadata(run))
    figures = zero_shot(*load_clip(folder), sets, "test")
    parameters = sum(p.numel() for p in model.parameters())
    checkpoints.write_json(folder / "metrics.json", {"parameters": parameters, **figures})
    return figures


def export_text(run: Path, clip: Path, autoencoder: Path, folder: Path, *, which: str = "last") -> None:
    """A run of ``train_text`` with its CLIP and autoencoder -> a ``StableDiffusionPipeline`` folder, fp16.

    Nothing in it is ours alone: ``DiffusionPipeline.from_pretrained(folder)`` opens it anywhere.
    """
    if not (run / which / checkpoints.WEIGHTS).is_file():
        raise checkpoints.CheckpointError(f"{run} holds no finished run: {which}/{checkpoints.WEIGHTS} is missing.")
    model, tokenizer = load_clip(clip)
    training = training_metadata(run)
    scheduler = training.pop("scheduler")
    if scheduler["prediction_type"] == "flow_prediction":
        scheduler = {**scheduler, "use_flow_sigmas": True}
    else:
        scheduler = {**scheduler, "timestep_spacing": "trailing", "steps_offset": 1}
        scheduler.pop("clip_sample")
    pipeline = StableDiffusionPipeline(
        vae=checkpoints.load_model(autoencoder),
        text_encoder=model.text_model,
        tokenizer=tokenizer,
        unet=UNet2DConditionModel.from_pretrained(run / which, local_files_only=True),
        scheduler=DPMSolverMultistepScheduler(**scheduler),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    for network in (pipeline.vae, pipeline.text_encoder, pipeline.unet):
        network.half()
    pipeline.save_pretrained(folder, safe_serialization=True)
    readable(folder)
    # diffusers opens fp16 files as float32 by default; transformers would keep fp16, and the two would not meet.
    config = folder / "text_encoder" / "config.json"
    checkpoints.write_json(config, {**checkpoints.read_json(config), "dtype": "float32"})
    checkpoints.write_json(folder / "training.json", training)


def readable(folder: Path) -> None:
    """safetensors writes for the owner alone."""
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
