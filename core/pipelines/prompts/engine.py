"""The text pipeline's networks in memory: ours or any Stable Diffusion of the 1.5 class, run by one thread at a time.

Importing this module imports torch and diffusers, which takes seconds; the pipeline does it when it is first needed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from torch import Tensor, nn
from transformers.utils import logging as transformers_logging

from core import checkpoints
from core.diffusion.objective import Objective
from core.diffusion.sampling import Plan, Step, noise_for
from core.diffusion.text import Conditioning, Draft, FolderObjective, sample_text_steps, text_solvers
from core.hardware import cpu_has_bf16
from core.images import to_images
from core.models import LatentCodec
from core.models.adapters import Base, merged
from core.models.prior import TextPrior
from core.networks.adapter_cache import AdapterCache
from core.pipelines.prompts.attention_maps import Attention, recorded, word_maps
from core.pipelines.prompts.types import Drawing, PromptRequest
from core.pipelines.styles.library import StyleShelf
from core.pipelines.styles.types import check_worn
from core.recipe import Recipe

transformers_logging.disable_progress_bar()  # loading is quick, and nobody looks at the server's console
diffusers_logging.disable_progress_bar()
LARGE = 32  # latents along a side from which a model is not one of ours
DRAFT_SEED = 1_000_003  # a draft's code and the noise on it are drawn apart
_PREVIEW_VARIABLE = "LATENTSCAPE_TAESD"
# Stable Diffusion 1.x latents to colours, fitted linearly: rough, and free.
_COLOURS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))


class TextEngine:
    """One pipeline folder. The lock is held for one network call at a time; no state of a drawing lives here.

    Attention needs no slicing: torch's scaled dot product does not hold the whole table of weights.
    """

    def __init__(self, folder: Path, shelf: StyleShelf | None = None) -> None:
        self.folder = folder
        self._shelf = shelf or StyleShelf(folder.parent)
        self._lock = threading.RLock()
        self._loaded = False

    def load(self) -> None:
        """Load what is not loaded yet. Raises ``CheckpointError``; a later call tries again."""
        if self._loaded:
            return
        with self._lock:
            if self._loaded:
                return
            pipeline = _open(self.folder)
            try:
                self._objective = FolderObjective(dict(pipeline.scheduler.config))
            except ValueError as error:
                raise checkpoints.CheckpointError(f"{self.folder.name}: {error}") from error
            side = pipeline.unet.config.sample_size
            self.latent_shape = (pipeline.unet.config.in_channels, side, side)
            self.large = side > LARGE
            self._device, self._dtype = _where(self.large)
            unet = pipeline.unet.to(self._device, memory_format=torch.channels_last).eval().requires_grad_(False)
            self._unet = unet if self._dtype == torch.float32 else unet.to(self._dtype)
            self._encoder = pipeline.text_encoder.to(self._device).eval().requires_grad_(False)
            fingerprint = cache(lambda: checkpoints.fingerprint(self.folder / "unet"))
            base = Base("sd" if self.large else "text", self._unet, fingerprint, self._encoder)
            most = 1 if self.large else 12
            self._adapters = AdapterCache(base, self._shelf.find, partial(merged, base.network), most)
            self._codec = LatentCodec(pipeline.vae.to(self._device).eval().requires_grad_(False))
            self._tokenizer = pipeline.tokenizer
            self._prior = _prior(self.folder / "prior")
            self._tiny = _tiny() if self.large else None
            self._loaded = True

    @property
    def objective(self) -> Objective:
        self.load()
        return self._objective

    def solvers(self) -> tuple[str, ...]:
        return text_solvers(self.objective)

    def drawn(self, request: PromptRequest, towards: tuple[str, float] | None = None) -> DrawnPicture:
        """A checked request of one picture, and perhaps another prompt with how far to go to it -> the drawing."""
        self.load()
        return DrawnPicture(self, request, towards)

    def cut_note(self, prompt: str) -> tuple[str, ...]:
        """What to say where a prompt is longer than the encoder's window."""
        self.load()
        limit = self._tokenizer.model_max_length
        spans = self._tokenizer(prompt, truncation=True, max_length=limit, return_offsets_mapping=True).offset_mapping
        kept = max((end for _, end in spans), default=0)
        if not prompt[kept:].strip():
            return ()
        words = len(prompt[:kept].split())
        return (f"Only the first {words} words were read: more do not fit the text encoder.",)

    def states(self, text: str, styles: Mapping[str, float] | None = None) -> Tensor:
        """A text -> (1, L, D), padded and cut as ``StableDiffusionPipeline`` does it; by the text encoder with the
        styles that change it.
        """
        self.load()
        encoder = self._adapters.text_encoder(styles or {}) or self._encoder
        tokens = self._tokens(text).input_ids.to(self._device)
        with self._lock, torch.inference_mode():
            return encoder(tokens).last_hidden_state.float().cpu().clone()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Characters of every token of a text; (0, 0) for those that stand for none."""
        return [tuple(span) for span in self._tokens(text, offsets=True).offset_mapping[0].tolist()]

    def with_adapters(self, one: Recipe) -> nn.Module | None:
        """The denoiser with the recipe's styles; None for no styles. Raises ``CheckpointError``, ``RecipeError``."""
        self.load()
        check_worn({name: weight for name, weight in one.styles.items() if weight})
        return self._adapters.with_adapters(one.styles, one.style_parts)

    def adapter_notes(self, styles: Mapping[str, float]) -> tuple[str, ...]:
        """What is left out of the styles' files. Raises ``CheckpointError``."""
        self.load()
        return self._adapters.notes(styles)

    def denoise(
        self,
        x: Tensor,
        timesteps: Tensor,
        states: Tensor,
        attention: Attention | None = None,
        network: nn.Module | None = None,
    ) -> Tensor:
        """Noisy latents (N, C, S, S) -> the prediction, in float32 on the CPU; of the network that
        :meth:`with_adapters` made, where there is one.
        """
        unet = self._unet if network is None else network
        x = x.to(self._device, self._dtype).contiguous(memory_format=torch.channels_last)
        states = states.to(self._device, self._dtype)
        with self._lock, torch.inference_mode(), recorded(unet, attention):
            return unet(x, timesteps.to(self._device), states).sample.float().cpu().clone()

    def draft(self, states: Tensor, seed: int) -> Tensor:
        """States (1, L, D) -> clean latents (1, C, S, S), one sample of the variational start."""
        generator = torch.Generator().manual_seed(seed + DRAFT_SEED)
        noise = torch.randn(1, self._prior.config.code_dim, generator=generator)
        with self._lock, torch.inference_mode():
            return self._prior.draft(states, noise).clone()

    @property
    def has_prior(self) -> bool:
        self.load()
        return self._prior is not None

    def decode(self, z: Tensor) -> Tensor:
        """Latents (N, C, S, S) -> pictures (N, 3, P, P) in [-1, 1]."""
        with self._lock:
            return self._codec.decode(z.to(self._device)).cpu()

    def picture(self, z: Tensor) -> Image.Image:
        """Latents (1, C, S, S) -> a picture."""
        return to_images(self.decode(z))[0]

    def preview(self, z: Tensor) -> Image.Image | None:
        """As :meth:`picture`; for large models by TAESD where it is there, else as rough colours."""
        if not self.large:
            return self.picture(z)
        with self._lock, torch.inference_mode():
            if self._tiny is not None:
                return to_images(self._tiny.decode(z).sample.clamp(-1, 1))[0]
        if z.shape[1] != len(_COLOURS):
            return None
        return to_images(torch.einsum("nchw,cd->ndhw", z, torch.tensor(_COLOURS)).clamp(-1, 1))[0]

    def _tokens(self, text: str, offsets: bool = False):
        limit = self._tokenizer.model_max_length
        options = {"padding": "max_length", "max_length": limit, "truncation": True, "return_tensors": "pt"}
        return self._tokenizer([text], return_offsets_mapping=offsets, **options)


class DrawnPicture:
    """One picture on its way: everything that belongs to it alone."""

    def __init__(self, engine: TextEngine, request: PromptRequest, towards: tuple[str, float] | None) -> None:
        recipe = request.recipe
        self.engine, self.request = engine, request
        self.network = engine.with_adapters(recipe)
        self.attention = Attention(engine.latent_shape[1]) if request.maps else None
        self.film: list[Image.Image] = []
        prompt = engine.states(recipe.prompt, recipe.styles)
        if towards is not None:
            prompt = torch.lerp(prompt, engine.states(towards[0], recipe.styles), towards[1])
        self.conditioning = Conditioning(prompt, engine.states(recipe.negative_prompt, recipe.styles))
        self.plan = Plan(recipe.solver, recipe.steps, recipe.guidance, recipe.guidance_interval)
        self.draft = None
        if recipe.start == "prior":
            self.draft = Draft(engine.draft(prompt, recipe.seed), recipe.level)
        self.count = recipe.steps - (self.draft.skipped(recipe.steps) if self.draft else 0)

    def steps(self) -> Iterator[Step]:
        noise, generator = noise_for(self.request.recipe.seed, self.engine.latent_shape)
        objective, draft = self.engine.objective, self.draft
        for step in sample_text_steps(
            self._denoise, objective, self.plan, noise, self.conditioning, draft=draft, generator=generator
        ):
            if self.request.film:
                self.film.append(self.preview(step))
            yield step

    def preview(self, step: Step) -> Image.Image | None:
        return self.engine.preview(step.clean)

    def finish(self, latents: Tensor) -> Drawing:
        """The last latents, or those of a stopped drawing -> the picture with what belongs to it."""
        recipe = self.request.recipe
        maps = word_maps(self.attention, recipe.prompt, self.engine.spans(recipe.prompt)) if self.attention else ()
        draft = self.engine.picture(self.draft.latents) if self.draft else None
        film = tuple(frame for frame in self.film if frame is not None)
        return Drawing(self.engine.picture(latents), recipe, draft, maps, film)

    def _denoise(self, x: Tensor, timesteps: Tensor, states: Tensor) -> Tensor:
        return self.engine.denoise(x, timesteps, states, self.attention, self.network)


def _open(folder: Path) -> StableDiffusionPipeline:
    """From the files of this machine, safetensors alone, without the safety checker's weights."""
    half = (folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    plain = (folder / "unet" / checkpoints.WEIGHTS).is_file()
    if not (half or plain):
        raise checkpoints.CheckpointError(f"{folder} holds no safetensors; other weight formats are not opened.")
    try:
        pipeline = StableDiffusionPipeline.from_pretrained(
            folder,
            variant=None if plain else "fp16",
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            low_cpu_mem_usage=False,  # else what other threads build meanwhile has no weights: accelerate patches torch
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    except Exception as error:  # the loaders raise nearly anything on damaged files
        raise checkpoints.CheckpointError(f"{folder.name} cannot be opened ({str(error)[:200]}).") from error
    if any(not torch.isfinite(value).all() for value in pipeline.unet.parameters()):
        raise checkpoints.CheckpointError(f"{folder.name}: the weights hold values that are not numbers.")
    return pipeline


def _where(large: bool) -> tuple[torch.device, torch.dtype]:
    """Ours run in float32 on the CPU, the same everywhere; large ones where and how they are fastest."""
    if large and torch.cuda.is_available():
        return torch.device("cuda"), torch.float16
    fast = large and cpu_has_bf16()
    return torch.device("cpu"), torch.bfloat16 if fast else torch.float32


def _prior(folder: Path) -> TextPrior | None:
    if not (folder / checkpoints.WEIGHTS).is_file():
        return None
    model = TextPrior.from_config(checkpoints.read_json(folder / "config.json"))
    checkpoints.load_weights(model, folder / checkpoints.WEIGHTS)
    return model.eval().requires_grad_(False)


def _tiny() -> AutoencoderTiny | None:
    """TAESD from the folder that the environment names; previews are rough without it."""
    folder = os.environ.get(_PREVIEW_VARIABLE, "")
    if not folder or not Path(folder).is_dir():
        return None
    try:
        return AutoencoderTiny.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False
        ).eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise checkpoints.CheckpointError(f"{_PREVIEW_VARIABLE}: {folder} cannot be opened ({error}).") from error
