"""What a network consists of, read off one real forward pass: units, stages, shapes, skips, attention, cost.

Nothing is known in advance about the network: :mod:`core.reports.tracing` sees every submodule's inputs and outputs, so
the result is what ran and not what a config promises.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.reports.tracing import Recorder, Shape, Unit, tensors_in


class ArchitectureError(RuntimeError):
    """A network that cannot be traced; the message says why."""


@dataclass
class Stage:
    """Consecutive units of one part of the network at one resolution."""

    name: str
    units: list[Unit]

    @property
    def resolution(self) -> int:
        """Side length of the maps it works on, 0 for vectors and token lists."""
        return next((unit.resolution for unit in self.units if unit.resolution), 0)

    @property
    def channels(self) -> int:
        """Channels of what the stage hands on."""
        maps = [unit.output[1] for unit in self.units if len(unit.output) == 4]
        return maps[-1] if maps else self.units[-1].output[-1]

    @property
    def parameters(self) -> int:
        return sum(unit.parameters for unit in self.units)


@dataclass(frozen=True)
class Skip:
    """Outputs of one stage that another one concatenates to its input."""

    source: int
    target: int
    count: int


@dataclass(frozen=True)
class Architecture:
    name: str
    inputs: dict[str, Shape]
    output: Shape
    parameters: int
    macs: int  # multiply-accumulates for one picture: half of what torch counts as operations
    stages: tuple[Stage, ...]
    skips: tuple[Skip, ...]


def trace(module: nn.Module, inputs: Mapping[str, Tensor] | None = None, name: str = "") -> Architecture:
    """Run ``module`` once on ``inputs`` (by default what its config and signature ask for) and read its structure.

    Works on real weights and, without their cost, on a module built under ``torch.device("meta")``.
    """
    given = dict(inputs) if inputs is not None else example_inputs(module)
    pictures = next((len(value) for value in given.values() if value.dim()), 1)
    record = Recorder(module)
    training = module.training
    module.eval()
    try:
        # The fused attention of processors is one that the counter does not know; as plain products it is counted.
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter, record:
            output = module(**given)
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        raise ArchitectureError(f"{type(module).__name__} could not be run once: {error}") from error
    finally:
        record.remove()
        module.train(training)
    if not record.units:
        raise ArchitectureError(f"{type(module).__name__} has no layers with weights.")
    stages, place = _stages(record.units)
    counts: dict[tuple[int, int], int] = {}
    for source, target in record.skips:
        if place[source] != place[target]:
            key = (place[source], place[target])
            counts[key] = counts.get(key, 0) + 1
    return Architecture(
        name=name or type(module).__name__,
        inputs={key: tuple(value.shape) for key, value in given.items()},
        output=tuple(next(tensors_in(output)).shape),
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        macs=counter.get_total_flops() // (2 * pictures),
        stages=tuple(stages),
        skips=tuple(Skip(source, target, count) for (source, target), count in sorted(counts.items())),
    )


def example_inputs(module: nn.Module) -> dict[str, Tensor]:
    """One picture's worth of zeros for every required argument of ``forward``: what the module's own
    ``example_inputs`` gives, else from its config.
    """
    if hasattr(module, "example_inputs"):
        return module.example_inputs()
    config = dict(getattr(module, "config", {}) or {})
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    size = config.get("sample_size") or config.get("size") or 64
    side = int(size[0] if isinstance(size, list | tuple) else size)
    context = config.get("cross_attention_dim") or 64
    shapes: dict[str, Shape] = {
        "picture": (1, int(config.get("in_channels") or 3), min(side, 256), min(side, 256)),
        "latents": (1, int(config.get("latent_channels") or config.get("in_channels") or 4), side, side),
        "time": (1,),
        "attributes": (1, int(config.get("attributes") or config.get("num_attributes") or 40)),
        "context": (1, 77, int(context[0] if isinstance(context, list | tuple) else context)),
    }
    inputs = {}
    for parameter in inspect.signature(module.forward).parameters.values():
        role = _ROLES.get(parameter.name)
        required = parameter.default is inspect.Parameter.empty and parameter.kind.name == "POSITIONAL_OR_KEYWORD"
        if role is None and required:
            raise ArchitectureError(f"{type(module).__name__} wants {parameter.name!r}, which is not known here.")
        if role and (required or role == "attributes"):
            inputs[parameter.name] = torch.zeros(shapes[role], device=device)
    return inputs


_ROLES = {
    **dict.fromkeys(("sample", "x", "hidden_states", "pixel_values", "pictures"), "picture"),
    **dict.fromkeys(("z", "latents"), "latents"),
    **dict.fromkeys(("timestep", "timesteps", "t", "time", "sigma"), "time"),
    **dict.fromkeys(("attributes", "conditions", "condition", "labels", "c"), "attributes"),
    **dict.fromkeys(("encoder_hidden_states", "context"), "context"),
}


def _stages(units: list[Unit]) -> tuple[list[Stage], list[int]]:
    """Units in call order -> stages, and for every unit the index of the stage that hands its output on."""
    stages: list[Stage] = []
    spatial = [index for index, unit in enumerate(units) if unit.resolution]
    first, last = (spatial[0], spatial[-1]) if spatial else (0, len(units))
    for index, unit in enumerate(units):
        name = "embedding" if index < first else "head" if index > last else unit.group
        fresh = not stages or stages[-1].name != name
        if not fresh and len(unit.input) == 4 and first <= index <= last:
            fresh = unit.input[-1] != stages[-1].resolution  # something new begins after a change of resolution
        before = stages[-1].units[-1] if stages else unit
        if stages and unit.layer and first < index < last and unit.resolution != before.resolution:
            fresh = False  # a layer on the way to another resolution ends the stage that it leaves
        if fresh and stages and _lone_layer(unit, units) and _lone_layer(before, units):
            fresh = unit.input[2:] != before.output[2:]  # layers between two blocks stand together
        if fresh:
            stages.append(Stage(name, []))
        stages[-1].units.append(unit)
    for stage in stages:
        if any("quant_conv" in unit.path for unit in stage.units):
            stage.name = "latent"  # diffusers' name for the layers on both sides of the latents
    return stages, _places(stages)


def _lone_layer(unit: Unit, units: list[Unit]) -> bool:
    return unit.group == unit.path and sum(other.group == unit.group for other in units) == 1


def _places(stages: list[Stage]) -> list[int]:
    """Unit -> stage. What a final change of resolution puts out counts as the next stage's."""
    place = []
    for number, stage in enumerate(stages):
        for unit in stage.units:
            last = unit is stage.units[-1] and number + 1 < len(stages)
            place.append(number + 1 if last and unit.resolution != stage.resolution else number)
    return place
