"""Train a style: low-rank factors of a frozen denoiser, on few pictures and in minutes; or a full fine-tune."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from core import checkpoints, draws
from core.diffusion.objective import TIMESTEPS
from core.models.adapter_files import WEIGHTS, read_adapter
from core.models.adapters import EVERYWHERE, TARGETS, AdapterFactors
from core.training import batches
from core.training.export import training_metadata
from core.training.faces import drop_attributes
from core.training.loop import Loop, LoopConfig
from core.training.lora.data import StyleBase, StyleData
from core.training.lora.full_finetune import distilled, full_model, open_full

_DISTILLED_ON = 8  # batches
_HELD_OUT = 32  # noisy pictures that an error is measured on
# Few pictures measure the error no finer than to a hundredth, and a look goes on improving when the error no longer
# falls: at its end a run counts as best although its error is this share higher than at its start.
_LATER = 0.01


@dataclass(frozen=True)
class StylePreset:
    loop: LoopConfig
    rank: int = 4
    pictures: int = 400  # renderings made for a named style
    uniform_times: float = 0.5  # the others fall where the picture is decided
    unconditional: float = 0.15
    complete: float = 0.4
    everywhere: bool = False  # all layers, for another kind of picture instead of another look
    full: bool = False  # a full fine-tune, to be distilled into an adapter afterwards


PRESETS = {
    "smoke": StylePreset(
        LoopConfig(
            steps=6,
            batch_size=4,
            learning_rate=2e-3,
            warmup=1,
            ema_decay=0.9,
            log_every=1,
            validate_every=3,
            precision="no",
        ),
        rank=2,
        pictures=16,
    ),
    "cpu": StylePreset(
        LoopConfig(
            steps=300,
            batch_size=16,
            learning_rate=3e-3,
            warmup=10,
            decay_from=0.4,
            ema_decay=0.97,
            log_every=5,
            validate_every=50,
            save_seconds=20,
        )
    ),
    "gpu": StylePreset(
        LoopConfig(
            steps=1500, batch_size=64, learning_rate=1e-3, warmup=20, ema_decay=0.99, log_every=10, validate_every=250
        ),
        rank=16,
        pictures=4000,
    ),
}
# In the app somebody looks on, and may stop at any time: samples, and what is kept, are of a few steps ago.
PRESETS["app"] = replace(PRESETS["cpu"], loop=replace(PRESETS["cpu"].loop, validate_every=15))


def train_style(
    base: StyleBase,
    data: StyleData,
    preset: StylePreset,
    out: Path,
    metadata: dict[str, object],
    *,
    show: Callable[[nn.Module, int], None] | None = None,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Latents of a style -> a run folder whose ``best/`` and ``last/`` are adapters (averaged weights), or denoisers
    where the preset is a ``full`` fine-tune.

    ``metadata`` goes into the adapter; ``show`` is called with the averaged model and the step at every validation;
    ``start`` is the folder of a style to go on from, or of a full fine-tune, which is then distilled: its predictions
    take the place of the pictures (Hinton et al. 2015, arXiv:1503.02531). Raises ``AdapterError`` where a style
    has other layers or a higher rank, ``CheckpointError`` where a denoiser is of another shape.
    """
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    about = {"base": base.kind, "fingerprint": base.fingerprint, **metadata}
    counted = {"train": len(data.train), "val": len(data.val), **data.sources}
    known: dict[str, object] = {"data": counted, "style": about}
    model, teacher, more = _begun(base, data, preset, about, start)
    known |= more
    loop = Loop(preset.loop, out, {"model": model}, known)
    network = base.network.to(loop.device, memory_format=torch.channels_last).eval()
    if teacher is not None:
        teacher = teacher.to(loop.device, memory_format=torch.channels_last)
    attached = None if preset.full else model.attached(network)

    def predict(model: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        output = model(*inputs) if attached is None else functional_call(attached, model.by_name(), inputs)
        return base.prediction(output)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        batch = _draw(base, data, preset, loop.batch_size, generator)
        inputs, target = tuple(value.to(loop.device) for value in batch.inputs), batch.target
        with loop.autocast():
            if teacher is not None:
                with torch.no_grad():
                    target = base.prediction(teacher(*inputs)).float()
            output = predict(loop.modules["model"], inputs)
        loss = F.mse_loss(output.float(), target.to(loop.device))
        loop.update("model", loss)
        return {"loss": loss.detach()}

    def validate(model: nn.Module) -> dict[str, float]:
        if show is not None:
            show(model, loop.step)
        loss = held_out_error(base, lambda inputs: predict(model, inputs), data, loop.device)
        return {"loss": loss, "rank": loss * (1 - _LATER * loop.step / preset.loop.steps)}

    # train, log, save
    loop.run(train_step, validate, resume=resume, until=until)
    if not any((out / "best" / name).is_file() for name in (WEIGHTS, checkpoints.WEIGHTS)):  # before any validation
        loop.averaged().save_pretrained(out / "best")
    return loop


def _begun(
    base: StyleBase, data: StyleData, preset: StylePreset, about: dict[str, object], start: Path | None
) -> tuple[nn.Module, nn.Module | None, dict[str, object]]:
    """The model to train, its teacher where a full fine-tune is distilled, and metadata on where it starts."""
    if preset.full:
        return full_model(base, start), None, {}
    targets = (EVERYWHERE if preset.everywhere else TARGETS)[base.kind]
    factors = AdapterFactors(base.network, targets, preset.rank, about)
    known: dict[str, object] = {"rank": preset.rank}
    if start is None:
        return factors, None, known
    if (start / checkpoints.WEIGHTS).is_file():
        teacher = open_full(base, start)
        sampled = [_draw(base, data, preset, 64, torch.Generator().manual_seed(seed)) for seed in range(_DISTILLED_ON)]
        factors.begin(distilled(base.network, teacher, targets, preset.rank, [one.inputs for one in sampled]))
        from_run = {"style": str(about.get("title", "")), **_training_of_run(start.parent)}
        return factors, teacher, {**known, "distilled_from": from_run}
    begun = read_adapter(start)
    factors.begin(begun)
    return factors, None, {**known, "started_from": {"weights": begun.fingerprint, **batches.training_of(start)}}


@dataclass(frozen=True)
class _Batch:
    x: Tensor  # (N, C, S, S), styled latents with noise
    target: Tensor
    timesteps: Tensor
    conditioning: Tensor

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.x, self.timesteps, self.conditioning


def _draw(base: StyleBase, data: StyleData, preset: StylePreset, count: int, generator: torch.Generator) -> _Batch:
    objective = base.objective
    rows = data.train[draws.integers(generator, len(data.train), count).numpy()]
    sides = draws.integers(generator, 2, count)
    z = data.styled[rows, sides]
    noise = draws.randn(generator, *z.shape)
    t = objective.draw_timesteps(count, generator, uniform=preset.uniform_times)
    conditioning = data.conditioning[rows]
    if base.kind == "faces":
        conditioning = drop_attributes(conditioning, generator, preset.unconditional, preset.complete)
    else:
        unconditional = draws.rand(generator, count) < preset.unconditional
        conditioning = torch.where(unconditional[:, None, None], data.unconditional, conditioning)
    x = objective.noised(z, noise, t).contiguous(memory_format=torch.channels_last)
    return _Batch(x, objective.target(z, noise, t), t, conditioning)


@torch.no_grad()
def held_out_error(
    base: StyleBase, predict: Callable[[tuple[Tensor, ...]], Tensor], data: StyleData, device: torch.device
) -> float:
    """Mean squared error of the prediction on held-out styled pictures; levels and noise are the same every time.

    Few pictures are used several times, with their mirror images and at other levels.
    """
    turns, places = np.divmod(np.arange(_HELD_OUT), len(data.val))
    rows = data.val[places]
    z, generator = data.styled[rows, turns % 2], torch.Generator().manual_seed(1234)
    noise, t = torch.randn(z.shape, generator=generator), torch.arange(_HELD_OUT) * TIMESTEPS // _HELD_OUT
    t = t * 7919 % TIMESTEPS  # no picture at low levels alone
    x = base.objective.noised(z, noise, t).contiguous(memory_format=torch.channels_last)
    output = predict((x.to(device), t.to(device), data.conditioning[rows].to(device))).float().cpu()
    return float(F.mse_loss(output, base.objective.target(z, noise, t)))


def _training_of_run(run: Path) -> dict[str, object]:
    """Steps, pictures and hours of a full fine-tune, where its files are still there."""
    if not (run / "run.json").is_file():
        return {}
    metadata = training_metadata(run)
    return {
        key: metadata[key] for key in ("steps", "pictures_seen", "hours", "config", "started_from") if key in metadata
    }
