"""Runs the networks of a text pipeline: the built-in one, or any Stable Diffusion 1.5.

Importing this module imports torch and diffusers, which takes seconds; the pipeline does it when it is first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from PIL import Image
from torch import Tensor, nn

from core import checkpoints
from core.captions.weights import plain_words, read_weights
from core.diffusion.objective import Objective
from core.diffusion.sampling import Plan, Step, noise_for
from core.diffusion.text import (
    Conditioning,
    Draft,
    FolderObjective,
    guidance_embedding,
    sample_text_steps,
    text_solvers,
)
from core.images import to_images
from core.models.adapters import Base, merged
from core.networks.adapter_cache import AdapterCache
from core.networks.deterministic_adapters import AdaptedCopies
from core.networks.pool import NetworkPool
from core.networks.text_pipeline import TextNetworks
from core.pipelines.prompts.attention_maps import Attention, recorded, word_maps
from core.pipelines.prompts.text import whole_words
from core.pipelines.prompts.text_states import TextPart, text_parts, weighted_states
from core.pipelines.prompts.types import Drawing, PromptRequest, WordMap
from core.pipelines.styles.library import StyleLibrary
from core.pipelines.styles.types import check_active
from core.recipe import Recipe
from core.stable_diffusion.describe import denoiser_fingerprint

MOST_MERGED = 12  # copies of the built-in denoiser kept
DRAFT_SEED = 1_000_003  # added to the seed, so that a draft's code and its noise are drawn independently
# Stable Diffusion 1.x latents to colours, fitted linearly: rough, and free.
_COLOURS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))


class TextEngine:
    """One pipeline folder. No state of a drawing lives here.

    Attention needs no slicing: torch's scaled dot product does not hold the whole table of weights.
    """

    def __init__(self, pool: NetworkPool, folder: Path, library: StyleLibrary | None = None) -> None:
        self.pool, self.folder = pool, folder
        self._library = library or StyleLibrary(folder.parent)
        self._making = threading.Lock()
        self._loaded = False

    def load(self, report: Callable[[str], None] | None = None) -> None:
        """Load what is not loaded yet; ``report`` is called with each part.

        Raises ``CheckpointError``; a later call tries again.
        """
        if self._loaded:  # what it holds is drawn with, also when the pool has another large model by now
            return self.pool.check_text(self.folder)
        networks = self.pool.text(self.folder, report)
        with self._making:
            if not self._loaded:
                self._prepare(networks)
                if self.large:
                    self.pool.keep_text(self.folder)

    def _prepare(self, networks: TextNetworks) -> None:
        try:
            self._objective = FolderObjective(networks.schedule)
        except ValueError as error:
            raise checkpoints.CheckpointError(f"{self.folder.name}: {error}") from error
        self.latent_shape, self.large = networks.latent_shape, networks.large
        self.guidance_width = networks.unet.config.time_cond_proj_dim  # of models that are conditioned on the scale
        fingerprint = cache(lambda: denoiser_fingerprint(self.folder))
        if self.large:
            base = Base("sd", networks.unet, fingerprint, networks.encoder)
            self._adapters = AdapterCache(base, self._library.find, partial(merged, base.network), 1)
        else:
            with torch.device("meta"):  # names and shapes of the layers, without their numbers
                layers = UNet2DConditionModel.from_config(networks.unet.config)
            base = Base("text", layers, fingerprint, networks.encoder)
            self._adapters = AdapterCache(base, self._library.find, AdaptedCopies(networks.unet), MOST_MERGED)
        self._networks = networks
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

    def cut_note(self, prompt: str, of: str = "") -> tuple[str, ...]:
        """Describe what is cut if a prompt is longer than the encoder's window. Large models read it by parts."""
        self.load()
        kept = max((end for _, end in self.spans(prompt)), default=0)
        if not plain_words(prompt)[kept:].strip():
            return ()
        words = len(whole_words(prompt, kept).split())
        return (f"Only the first {words} words{of} were read: more do not fit the text encoder.",)

    def states(self, text: str, styles: Mapping[str, float] | None = None, parts: int = 1) -> Tensor:
        """A text -> (1, L, D), each part padded and cut as ``StableDiffusionPipeline`` does it, with the weights of its
        words; by the text encoder with the styles that change it. Empty parts fill it up to ``parts``.
        """
        self.load()
        network = self._adapters.text_encoder(styles or {}) or self._networks.encoder

        def encode(one: TextPart) -> Tensor:
            tokens = one.ids.to(self._networks.device)
            return self.pool.run(network, tokens).last_hidden_state.float().cpu().clone()

        return weighted_states(encode, self._networks.tokenizer, self.parts(text), parts)

    def parts(self, text: str) -> list[TextPart]:
        """The parts of a text that are encoded one by one: several for large models alone."""
        self.load()
        return text_parts(self._networks.tokenizer, read_weights(text), several=self.large)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Characters of every token of a text; (0, 0) for those that stand for none."""
        return [span for part in self.parts(text) for span in part.spans]

    def with_adapters(self, one: Recipe) -> nn.Module | None:
        """Return the denoiser with styles, or None without. Raises ``CheckpointError``, ``RecipeError``."""
        self.load()
        check_active({name: weight for name, weight in one.styles.items() if weight})
        return self._adapters.with_adapters(one.styles, one.style_parts)

    def adapter_notes(self, styles: Mapping[str, float]) -> tuple[str, ...]:
        """Describe what is left out of the styles' files. Raises ``CheckpointError``."""
        self.load()
        return self._adapters.notes(styles)

    def denoise(
        self,
        x: Tensor,
        timesteps: Tensor,
        states: Tensor,
        attention: Attention | None = None,
        network: nn.Module | None = None,
        timestep_cond: Tensor | None = None,
    ) -> Tensor:
        """Noisy latents (N, C, S, S) -> the prediction, in float32 on the CPU; of the network that
        :meth:`with_adapters` made, where there is one. ``timestep_cond`` (1, G) is the embedded guidance scale, of
        models that are conditioned on it.
        """
        unet = self._networks.unet if network is None else network
        device, dtype = self._networks.device, self._networks.dtype
        x = x.to(device, dtype).contiguous(memory_format=torch.channels_last)
        with self.pool.lock, recorded(unet, attention):  # the network is shared: it records one drawing at a time
            if timestep_cond is not None:
                timestep_cond = timestep_cond.expand(len(x), -1).to(device, dtype)
            inputs = (x, timesteps.to(device), states.to(device, dtype))
            output = self.pool.run(unet, *inputs, timestep_cond=timestep_cond)
        return output.sample.float().cpu().clone()

    def draft(self, states: Tensor, seed: int) -> Tensor:
        """States (1, L, D) -> clean latents (1, C, S, S), one sample of the variational start."""
        generator = torch.Generator().manual_seed(seed + DRAFT_SEED)
        prior = self._networks.prior
        noise = torch.randn(1, prior.config.code_dim, generator=generator)
        return self.pool.run(prior.draft, states, noise).clone()

    @property
    def codec_key(self) -> str:
        """``kl`` where the latents are those of the built-in KL autoencoder, else empty."""
        self.load()
        if self.pool.missing("autoencoder-kl"):
            return ""
        return "kl" if self.pool.codec("kl").codec is self._networks.codec else ""

    @property
    def has_prior(self) -> bool:
        self.load()
        return self._networks.prior is not None

    def decode(self, z: Tensor) -> Tensor:
        """Decode latents (N, C, S, S) to pictures (N, 3, P, P) in [-1, 1]."""
        return self.pool.run(self._networks.codec.decode, z.to(self._networks.device)).cpu().clone()

    def picture(self, z: Tensor) -> Image.Image:
        """Decode latents (1, C, S, S) to a picture."""
        return to_images(self.decode(z))[0]

    def preview(self, z: Tensor) -> Image.Image | None:
        """As :meth:`picture`; for large models by TAESD where it is there, else as rough colours."""
        if not self.large:
            return self.picture(z)
        if self._networks.tiny is not None:
            return to_images(self.pool.run(self._networks.tiny.decode, z).sample.clamp(-1, 1))[0]
        if z.shape[1] != len(_COLOURS):
            return None
        return to_images(torch.einsum("nchw,cd->ndhw", z, torch.tensor(_COLOURS)).clamp(-1, 1))[0]

    def quick_picture(self, z: Tensor) -> Image.Image:
        """As :meth:`preview`, or decoded where there is none."""
        return self.preview(z) or self.picture(z)


class DrawnPicture:
    """The state of one drawing."""

    def __init__(self, engine: TextEngine, request: PromptRequest, towards: tuple[str, float] | None) -> None:
        recipe = request.recipe
        self.engine, self.request = engine, request
        self.network = engine.with_adapters(recipe)
        self.attention = Attention(engine.latent_shape[1]) if request.maps else None
        self.film: list[Image.Image] = []
        texts = [recipe.prompt, recipe.negative_prompt, *([towards[0]] if towards is not None else [])]
        parts = max(len(engine.parts(text)) for text in texts)  # the denoiser takes states of one length
        prompt, negative, *other = (engine.states(text, recipe.styles, parts) for text in texts)
        if towards is not None:
            prompt = torch.lerp(prompt, other[0], towards[1])
        self.conditioning = Conditioning(prompt, negative)
        width = engine.guidance_width
        self.timestep_cond = guidance_embedding(recipe.guidance, width) if width else None
        scale = recipe.guidance if self.timestep_cond is None else 1.0
        self.plan = Plan(recipe.solver, recipe.steps, scale, recipe.guidance_interval)
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
        maps = self._word_maps() if self.attention else ()
        draft = self.engine.picture(self.draft.latents) if self.draft else None
        film = tuple(frame for frame in self.film if frame is not None)
        return Drawing(self.engine.picture(latents), recipe, draft, maps, film)

    def _word_maps(self) -> tuple[WordMap, ...]:
        prompt = self.request.recipe.prompt
        return word_maps(self.attention, plain_words(prompt), self.engine.spans(prompt))

    def _denoise(self, x: Tensor, timesteps: Tensor, states: Tensor) -> Tensor:
        return self.engine.denoise(x, timesteps, states, self.attention, self.network, self.timestep_cond)
