"""Train the variational start: the evidence bound of latents given their captions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core import checkpoints, draws
from core.data import PictureSet
from core.latents import LatentSet
from core.models.prior import Gaussian, TextPrior, divergence, negative_likelihood
from core.training import batches
from core.training.export import training_metadata
from core.training.loop import Loop, LoopConfig
from core.training.text import LatentBatches, TextStates, fixed_caption


@dataclass(frozen=True)
class PriorPreset:
    loop: LoopConfig
    model: dict = field(default_factory=dict)
    faces: float = 0.6  # share of a batch; the rest is food
    beta_warmup: float = 0.2  # share of the steps over which the divergence gains its weight, so that codes come alive


PRESETS = {
    "smoke": PriorPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        {"width": 16, "code_dim": 8, "hidden": 32, "heads": 2},
    ),
    "cpu": PriorPreset(LoopConfig(steps=3000, batch_size=64, learning_rate=6e-4, weight_decay=0.01), {"width": 64}),
    "gpu": PriorPreset(
        LoopConfig(steps=20000, batch_size=512, learning_rate=6e-4, weight_decay=0.01, validate_every=2000),
        {"width": 128, "code_dim": 128, "hidden": 512},
    ),
}


def train_prior(
    sets: Mapping[str, PictureSet],
    latents: Mapping[str, LatentSet],
    clip: Path,
    preset: PriorPreset,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """As :func:`core.training.text.train_text`; ``start`` is a checkpoint folder whose weights the run begins with."""
    # data
    drawn = LatentBatches(sets, latents, preset.faces)
    # model, optimiser
    states = TextStates(clip)
    torch.manual_seed(preset.loop.seed)
    channels, size = latents["celeba"].latents.shape[2:4]
    model = TextPrior(channels, size, states.width, **preset.model)
    metadata = {**batches.metadata_of(sets), "encoder": latents["celeba"].encoder, "clip": str(clip)}
    if start is not None:
        _begin(model, start)
        metadata["started_from"] = batches.history(start)
    loop = Loop(preset.loop, out, {"model": model}, metadata)
    states.encoder.to(loop.device)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        batch = drawn.draw(loop.batch_size, generator)
        z = batch.z.to(loop.device).contiguous(memory_format=torch.channels_last)
        noise = draws.randn(generator, len(z), model.config.code_dim).to(loop.device)
        with loop.autocast():
            conditioning = states(batch.texts)
            found, posterior, prior = (_float(g) for g in loop.modules["model"](z, conditioning, noise))
        nats = divergence(posterior, prior)
        weight = min(1.0, step / max(1.0, preset.beta_warmup * preset.loop.steps))
        likelihood = negative_likelihood(found, z)
        loss = (likelihood + weight * nats).mean() / z[0].numel()
        loop.update("model", loss)
        error = (found.mean - z).square().mean()
        return {"loss": loss.detach(), "nats": nats.mean().detach(), "error": error.detach()}

    # train, log, save
    loop.run(train_step, lambda trained: _validate(trained, states, sets, latents), resume=resume, until=until)
    return loop


def export_prior(run: Path, folder: Path, *, which: str = "last") -> None:
    """A run -> ``folder``, which a text pipeline holds as its ``prior``: config, fp16 weights, training metadata. The
    posterior is left out: a draft needs the sentence alone.
    """
    model = TextPrior.from_config(checkpoints.read_json(run / which / "config.json"))
    checkpoints.load_weights(model, run / which / checkpoints.WEIGHTS)
    checkpoints.save_model(without_posterior(model), folder)
    checkpoints.write_json(folder / "training.json", training_metadata(run))


def without_posterior(model: TextPrior) -> TextPrior:
    """A copy of the model without its posterior, which drafts do not need."""
    drafting = TextPrior(**{**_size(model), "posterior": False})
    drafting.load_state_dict({name: value for name, value in model.state_dict().items() if name not in _seeing(model)})
    return drafting


def _begin(model: TextPrior, start: Path) -> None:
    """Takes over the weights of a run or of an exported prior, which has no posterior: that is learned anew."""
    known = TextPrior.from_config(checkpoints.read_json(start / "config.json"))
    checkpoints.load_weights(known, start / checkpoints.WEIGHTS)
    if _size(known) != _size(model):
        raise checkpoints.CheckpointError(f"{start.name} is a prior of another size than is trained here.")
    model.load_state_dict(known.state_dict(), strict=False)


def _size(model: TextPrior) -> dict[str, object]:
    return {name: value for name, value in model.config.items() if name[0] != "_" and name != "posterior"}


def _seeing(model: TextPrior) -> set[str]:
    return {name for name in model.state_dict() if name.split(".")[0] in ("encoder", "to_posterior")}


def _float(g: Gaussian) -> Gaussian:
    return Gaussian(g.mean.float(), g.logvar.float())


@torch.no_grad()
def _validate(
    model: nn.Module,
    states: TextStates,
    sets: Mapping[str, PictureSet],
    latents: Mapping[str, LatentSet],
    most: int = 384,
) -> dict[str, float]:
    """The bound in nats per latent value, the divergence, and the error of drafts made from the sentence alone."""
    bounds, nats, errors = [], [], []
    generator = torch.Generator().manual_seed(1234)
    for kind, known in latents.items():
        rows = known.indices("val")[:most]
        for part in np.array_split(rows, max(1, len(rows) // 64)):
            z = torch.from_numpy(known.latents[part, 0].astype(np.float32)).to(model.device)
            conditioning = states([fixed_caption(sets[kind], row) for row in part])
            noise = torch.randn(len(z), model.config.code_dim, generator=generator).to(model.device)
            found, posterior, prior = model(z, conditioning, noise)
            nats.append(divergence(posterior, prior))
            bounds.append((negative_likelihood(found, z) + nats[-1]) / z[0].numel())
            errors.append((model.draft(conditioning, noise) - z).square().flatten(1).mean(dim=1))
    means = {"loss": bounds, "nats": nats, "draft_error": errors}
    return {name: float(torch.cat(values).mean()) for name, values in means.items()}
