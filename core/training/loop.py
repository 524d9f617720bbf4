"""The loop of every training: accelerate, AdamW or Muon, warm-up and cosine decay, EMA, log, snapshots, exact resume.

Every random choice of a step is drawn from a generator seeded by (run seed, step), so a run that was killed and resumed
sees the same batches and noise as one that was not. Several processes share each batch (:mod:`core.draws`) and average
their gradients, so they follow the loss curve of one process. Three models differ slightly: the classifier's batch
normalisation sees the process's own share, CLIP contrasts a picture with the captions of its share, and features are
compared on other pictures of the batch. The main process alone validates and writes; the others wait for it.
"""

from __future__ import annotations

import copy
import ctypes
import json
import logging
import math
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from tqdm import tqdm

from core.checkpoints import full_disk_is_os_error
from core.draws import SharedGenerator
from core.hardware import cpu_has_bf16
from core.processes import Processes
from core.training.muon import Muon, matrices_and_rest, trained
from core.training.state import cut_journal, load_state, save_state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoopConfig:
    steps: int
    batch_size: int  # over all processes
    learning_rate: float
    warmup: int = 100
    decay_from: float = 0.3  # fraction of the steps after which the rate falls, cosine, to zero
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)
    ema_decay: float = 0.999
    gradient_clip: float = 1.0
    muon: bool = False  # for the matrices of every module; AdamW learns the rest at the same rate
    precision: str = "bf16"  # or "no"; on a CPU that has no bfloat16 it is "no" all the same
    seed: int = 0
    log_every: int = 20
    validate_every: int = 500
    save_seconds: float = 120.0

    def rate(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, flat, cosine to zero."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        flat = self.decay_from * self.steps
        if step < flat:
            return self.learning_rate
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - flat) / max(1.0, self.steps - flat)))


TrainStep = Callable[[int], Mapping[str, Tensor]]
Validate = Callable[[nn.Module], Mapping[str, float]]  # "rank" or else "loss" decides which is best, the smallest


class Loop:
    """Owns the optimisers, the EMA of ``modules["model"]`` and the run folder; the caller owns losses and data."""

    def __init__(
        self,
        config: LoopConfig,
        out: Path,
        modules: Mapping[str, nn.Module],
        metadata: Mapping[str, object] | None = None,
    ) -> None:
        """``modules`` has "model" and whatever else is trained; ``metadata`` goes into ``run.json`` with the config."""
        _keep_memory()
        self.config, self.out = config, Path(out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.processes = Processes.launched()
        if config.batch_size % self.processes.count:
            raise ValueError(
                f"A batch of {config.batch_size} cannot be shared evenly by {self.processes.count} processes."
            )
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.modules = {n: m.to(self.device, memory_format=torch.channels_last) for n, m in modules.items()}
        self.optimisers: dict[str, torch.optim.Optimizer] = {}
        for name, module in modules.items():
            self.optimisers |= optimisers(config, name, module)
        self.ema = EMAModel(
            self.modules["model"].parameters(), decay=config.ema_decay, use_ema_warmup=False, foreach=True
        )
        self.step, self.best, self.seconds = 0, math.inf, 0.0
        self.sums: dict[str, float] = {}  # losses since the last row of the log
        self._stop = False
        if self.processes.main:
            used = {**asdict(config), "precision": self.precision}
            about = {"config": used, "hardware": _hardware(), **(metadata or {})}
            (self.out / "run.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    @property
    def precision(self) -> str:
        """The precision of the config where the device supports it, else "no"."""
        return "no" if self.device.type == "cpu" and not cpu_has_bf16() else self.config.precision

    @property
    def batch_size(self) -> int:
        """Pictures of one step in this process."""
        return self.config.batch_size // self.processes.count

    def generator(self, step: int) -> SharedGenerator:
        """CPU generator of a step, for the functions of :mod:`core.draws`."""
        return SharedGenerator(self._seed(step), self.processes)

    def _seed(self, step: int, process: int = 0, purpose: int = 0) -> int:
        return (((self.config.seed * 1_000_003 + step) * 1009 + process) * 17 + purpose) % 2**63

    def autocast(self) -> torch.autocast:
        """Mixed precision of this run. Not accelerate's own: that is one setting for a whole process."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def update(self, name: str, loss: Tensor) -> None:
        """One optimiser step of module ``name`` on ``loss``; gradients are averaged over the processes."""
        self.accelerator.backward(loss)
        self.advance(name)

    def advance(self, name: str) -> None:
        """One optimiser step of module ``name`` on the gradients it has, for one loss that trains two modules."""
        if self.processes.count > 1:
            gradients = [p.grad for p in self.modules[name].parameters() if p.grad is not None]
            whole = self.accelerator.reduce(torch.cat([gradient.flatten() for gradient in gradients]), "mean")
            parts = whole.split([gradient.numel() for gradient in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view(gradient.shape))
        torch.nn.utils.clip_grad_norm_(self.modules[name].parameters(), self.config.gradient_clip)
        for optimiser in (self.optimisers[name], self.optimisers.get(f"{name}/matrices")):
            if optimiser is not None:
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)

    def run(self, train_step: TrainStep, validate: Validate, *, resume: bool, until: int | None = None) -> None:
        """Train to the end (or to step ``until``), logging to ``log.jsonl`` and keeping ``last/`` and ``best/``."""
        self._resume(resume)
        previous = signal.signal(signal.SIGTERM, self._on_signal)
        saved = started = time.monotonic()
        end = min(self.config.steps, until or self.config.steps)
        bar = tqdm(total=end, initial=self.step, mininterval=5, disable=not self.processes.main)
        try:
            while self.step < end and not self._stop:
                for optimiser in self.optimisers.values():
                    for group in optimiser.param_groups:
                        group["lr"] = self.config.rate(self.step)
                # Dropout draws from the global generator: seed it per step, or a resumed run would differ.
                torch.manual_seed(self._seed(self.step, self.processes.index, purpose=1))
                losses = self._averaged(train_step(self.step))
                self.ema.step(self.modules["model"].parameters())
                self.step += 1
                now = time.monotonic()
                self.seconds, started = self.seconds + now - started, now
                for key, value in losses.items():
                    self.sums[key] = self.sums.get(key, 0.0) + value / self.config.log_every
                if self.step % self.config.log_every == 0:
                    self._write({"step": self.step, "seconds": round(self.seconds, 3), **self.sums})
                    bar.set_postfix({k: f"{v:.4f}" for k, v in list(self.sums.items())[:3]}, refresh=False)
                    self.sums = {}
                if self.step % self.config.validate_every == 0 or self.step == self.config.steps:
                    self._validate(validate)
                if now - saved > self.config.save_seconds:
                    self.save()
                    saved = time.monotonic()
                bar.update()
        finally:
            signal.signal(signal.SIGTERM, previous)
            bar.close()
        self.save()
        self.processes.wait()  # what follows reads the files

    def averaged(self) -> nn.Module:
        """A copy of the model with the EMA weights (buffers as they are now)."""
        model = copy.deepcopy(self.modules["model"])
        self.ema.copy_to(model.parameters())
        return model.eval()

    def save(self) -> None:
        """Write the resumable state; a full disk keeps the previous one and says so."""
        if not self.processes.main:
            return
        metadata = {"step": self.step, "best": self.best, "seconds": self.seconds, "config": asdict(self.config)}
        metadata |= {"ema_steps": self.ema.optimization_step, "sums": self.sums}
        try:
            save_state(self.out / "state.safetensors", self.modules, self.optimisers, self._extra(), metadata)
        except OSError as error:
            log.error("The state of step %d could not be written (%s); the previous one stays.", self.step, error)

    def _extra(self) -> dict[str, list[Tensor]]:
        return {"ema": self.ema.shadow_params}

    def _averaged(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        """Losses of this process's share -> of the whole batch. Whether to stop is settled at the same time: a signal
        may reach one process first, and the others would wait for it for ever.
        """
        if self.processes.count == 1:
            return {name: float(value) for name, value in losses.items()}
        values = torch.tensor([*map(float, losses.values()), float(self._stop)], device=self.device)
        *means, stopped = self.accelerator.reduce(values, "mean").tolist()
        self._stop = stopped > 0
        return dict(zip(losses, means, strict=True))

    def _validate(self, validate: Validate) -> None:
        if self.processes.main:
            self._validate_alone(validate)
        self.processes.wait()

    def _validate_alone(self, validate: Validate) -> None:
        model = self.averaged()
        with torch.no_grad():
            figures = dict(validate(model))
        rank = figures.pop("rank", None)
        rank = figures["loss"] if rank is None else rank
        self._write(
            {"step": self.step, "seconds": round(self.seconds, 3), **{f"val_{k}": v for k, v in figures.items()}}
        )
        self._keep(model, "last")
        if rank < self.best and self._keep(model, "best"):
            self.best = rank

    def _keep(self, model: nn.Module, name: str) -> bool:
        """Return whether the weights could be written; a full disk does not end the training."""
        try:
            with full_disk_is_os_error():
                model.save_pretrained(self.out / name)
            return True
        except OSError as error:
            log.error("The weights of step %d could not be written to %s/ (%s).", self.step, name, error)
            return False

    def _write(self, row: Mapping[str, float]) -> None:
        if self.processes.main:
            with open(self.out / "log.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}) + "\n")

    def _resume(self, resume: bool) -> None:
        state, journal = self.out / "state.safetensors", self.out / "log.jsonl"
        if not (resume and state.is_file()):
            if resume:
                log.warning("Nothing to resume in %s; starting from the beginning.", self.out)
            if self.processes.main:
                journal.unlink(missing_ok=True)
            return
        metadata = load_state(state, self.modules, self.optimisers, self._extra())
        self.step, self.best, self.seconds = metadata["step"], metadata["best"], metadata["seconds"]
        self.ema.optimization_step, self.sums = metadata["ema_steps"], metadata.get("sums", {})
        if self.processes.main:
            cut_journal(journal, self.step)

    def _on_signal(self, *_: object) -> None:
        self._stop = True


def optimisers(config: LoopConfig, name: str, module: nn.Module) -> dict[str, torch.optim.Optimizer]:
    """Fused AdamW under ``name``; with Muon, that for the matrices as well, under ``name/matrices``."""
    matrices, rest = matrices_and_rest(module) if config.muon else ([], trained(module))
    adamw = torch.optim.AdamW(
        rest, lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay, fused=True
    )
    if not matrices:
        return {name: adamw}
    muon = Muon(matrices, lr=config.learning_rate, weight_decay=config.weight_decay)
    return {name: adamw, f"{name}/matrices": muon}


def _keep_memory() -> None:
    """Tell glibc to keep freed memory: every step allocates the same large tensors again, and giving their pages back
    to the system in between costs time. Elsewhere than on Linux nothing happens.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
        for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 2**28)):  # mmap_max, trim_threshold, top_pad
            libc.mallopt(option, value)
    except (OSError, AttributeError):
        log.debug("no glibc here; memory is handled as the system does")


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores"
