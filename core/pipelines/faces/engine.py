"""What the Faces tab does with the networks of the pool: denoise, decode, encode, classify.

Importing this module imports torch and diffusers, which takes seconds; the pipeline does it when it is first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from core import attributes, checkpoints
from core.data.framing import Framing, step_back
from core.diffusion.few_steps import sample_few_steps
from core.diffusion.objective import Objective, prediction_of
from core.diffusion.sampling import Plan, Step, noise_near, sample_steps, solvers
from core.images import to_images, to_pixels, to_tensor
from core.latents.codecs import OpenCodec
from core.models import FaceUNet, LatentCodec, PictureClassifier
from core.models.adapters import Base
from core.networks.adapter_cache import AdapterCache
from core.networks.deterministic_adapters import AdaptedCopies
from core.networks.pool import NetworkPool
from core.photo_edit import NEEDS_PHOTO
from core.pipelines.faces import few_steps
from core.pipelines.faces.types import PARTS
from core.pipelines.styles.library import StyleLibrary
from core.pipelines.styles.types import check_active
from core.recipe import Recipe, RecipeError

Generators = torch.Generator | list[torch.Generator]
_FEW_STEPS = f"faces/{few_steps.FOLDER}"
MOST_MERGED = 4  # copies of the network kept; another is made in a tenth of what drawing takes


class FaceEngine:
    """Denoiser, codec and classifier of one checkpoint root.

    Several people drawing at once take turns step by step. No state of a drawing lives here. A recipe is the same
    picture on any number of threads; another kind of processor may differ in the last bits.
    """

    def __init__(self, pool: NetworkPool, library: StyleLibrary | None = None) -> None:
        self.pool, self.root = pool, pool.root
        self._library = library or StyleLibrary(pool.root)
        self._making = threading.Lock()
        self._loaded = False

    def load(self) -> None:
        """Load what is not loaded yet. Raises ``CheckpointError``; a later call tries again."""
        networks = [self.pool.get(part) for part in PARTS]  # also says where one has changed on disk
        if not self._loaded:
            with self._making:
                if not self._loaded:
                    self._prepare(*networks)

    def _prepare(self, denoiser: FaceUNet, autoencoder: OpenCodec, classifier: PictureClassifier) -> None:
        codec, channels = autoencoder.codec, denoiser.config.latent_channels
        if not isinstance(codec, LatentCodec):
            raise checkpoints.CheckpointError("autoencoder-kl: config.json does not describe an AutoencoderKL.")
        if codec.channels != channels:
            raise checkpoints.CheckpointError(
                f"faces draws {channels} latent channels, autoencoder-kl has {codec.channels}: retrain one."
            )
        self._objective = Objective(prediction_of(self.root / "faces" / "scheduler_config.json"))
        with torch.device("meta"):  # names and shapes of the layers, without their numbers
            layers = FaceUNet.from_config(denoiser.config)
        base = Base("faces", layers, cache(lambda: checkpoints.fingerprint(self.root / "faces")))
        self._adapters = AdapterCache(base, self._find, AdaptedCopies(denoiser), MOST_MERGED)
        self._denoiser, self._codec, self._classifier = denoiser, codec, classifier
        self._loaded = True

    @property
    def objective(self) -> Objective:
        self.load()
        return self._objective

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(C, S, S)."""
        self.load()
        config = self._denoiser.config
        return config.latent_channels, config.sample_size, config.sample_size

    @property
    def size(self) -> int:
        """Pixels along a side."""
        self.load()
        return self.latent_shape[1] * self._codec.factor

    def _find(self, name: str) -> Path:
        """The folder of a style, or of the few-step adapter, whose name no recipe can hold."""
        return self.root / name if name == _FEW_STEPS else self._library.find(name)

    def solvers(self) -> tuple[str, ...]:
        return (*((few_steps.SOLVER,) if few_steps.steps_of(self.root) else ()), *solvers(self.objective))

    def sample_steps(self, one: Recipe, wanted: np.ndarray) -> Iterator[Step]:
        """A recipe of one picture with its resolved attributes (40,) -> its denoising steps. Raises ``RecipeError``."""
        if one.edit is not None:
            raise RecipeError(NEEDS_PHOTO)
        if one.solver not in self.solvers():
            raise RecipeError(f"These weights cannot be drawn with {one.solver}; use {', '.join(self.solvers())}.")
        noise, generator = noise_near(one.seed, self.latent_shape, one.nearby)
        return self.steps_from(one, noise, torch.from_numpy(wanted)[None], generator)

    def steps_from(self, one: Recipe, noise: Tensor, wanted: Tensor, generator: Generators) -> Iterator[Step]:
        """Noise (N, C, S, S) and attributes (N, 40) -> the denoising steps of a recipe's sampling settings and styles.
        Raises ``RecipeError``.
        """
        few = one.solver == few_steps.SOLVER
        denoise = partial(self.denoise, network=self.with_adapters(one, few=few))
        if few:
            learned = few_steps.steps_of(self.root)
            if one.steps != learned:
                raise RecipeError(f"In few steps a face is drawn in {learned}, no more and no fewer.")
            return sample_few_steps(denoise, self.objective, one.steps, noise, wanted)
        plan = Plan(one.solver, one.steps, one.guidance, one.guidance_interval)
        return sample_steps(denoise, self.objective, plan, noise, wanted, generator)

    def picture(self, z: Tensor) -> Image.Image:
        """Latents (1, C, S, S) -> a picture."""
        return to_images(self.decode(z))[0]

    def read_picture(self, image: Image.Image, one: Recipe | None = None) -> dict[str, float]:
        """A picture of any size -> the probability of each of the 40 attributes.

        Close-up styles of its recipe enlarge the face, so it is put back into the classifier's framing first.
        """
        pixels = to_pixels(image, self.size)
        framing = Framing() if one is None else self.framing(one)
        return self.read(to_tensor(pixels if framing == Framing() else step_back(pixels[None], framing)[0]))

    def framing(self, one: Recipe) -> Framing:
        """How far a recipe's styles enlarge and shift the face, against the face model without them."""
        self.load()
        return self._adapters.framing(one.styles) if any(one.style_parts) else Framing()

    def with_adapters(self, one: Recipe, *, few: bool = False) -> nn.Module | None:
        """The denoiser with the recipe's styles, and for ``few`` steps; None if it is the plain one. Raises
        ``CheckpointError``, ``RecipeError``.
        """
        self.load()
        check_active({name: weight for name, weight in one.styles.items() if weight})
        return self._adapters.with_adapters(one.styles, one.style_parts, (_FEW_STEPS,) if few else ())

    def denoise(self, x: Tensor, timesteps: Tensor, wanted: Tensor, network: nn.Module | None = None) -> Tensor:
        """Noisy latents (N, C, S, S) -> the prediction of the network, or of one that :meth:`with_adapters` made."""
        self.load()
        network = self._denoiser if network is None else network
        return self.pool.run(network, x.contiguous(memory_format=torch.channels_last), timesteps, wanted).clone()

    def encode(self, x: Tensor) -> Tensor:
        """Pictures (N, 3, P, P) in [-1, 1] -> latents (N, C, S, S)."""
        self.load()
        return self.pool.run(self._codec.encode, x).clone()

    def decode(self, z: Tensor) -> Tensor:
        """Latents (N, C, S, S) -> pictures (N, 3, P, P) in [-1, 1]."""
        self.load()
        return self.pool.run(self._codec.decode, z).clone()

    def read(self, x: Tensor) -> dict[str, float]:
        """One picture (1, 3, P, P) -> the probability of each of the 40 attributes."""
        self.load()
        probabilities = self.pool.run(self._classifier, x).attributes[0].sigmoid().tolist()
        return {name: round(value, 4) for name, value in zip(attributes.NAMES, probabilities, strict=True)}
