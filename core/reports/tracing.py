"""The recorder behind :func:`core.reports.architecture.trace`: hooks on every submodule during one forward pass.

Hooks see each unit's inputs and outputs; a function mode sees the concatenations and attention calls between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

Shape = tuple[int, ...]
Containers = nn.ModuleList | nn.Sequential


@dataclass
class Unit:
    """A block or layer that appears in the diagram, with the shapes of its one call."""

    path: str
    kind: str
    input: Shape
    output: Shape
    parameters: int
    heads: int = 0  # of attention inside it
    conditioned: bool = False  # receives an embedding beside its main input
    group: str = ""
    layer: bool = False  # a single layer, not a block of them

    @property
    def resolution(self) -> int:
        """Side length of the output where it is a map, 0 for vectors and token lists."""
        return self.output[-1] if len(self.output) == 4 else 0


@dataclass
class _Call:
    """A unit in the middle of its forward."""

    unit: Unit
    module: nn.Module


@dataclass
class Recorder(TorchFunctionMode):
    """Hooks on every submodule plus a function mode; collects units in call order and concatenated skips."""

    root: nn.Module
    units: list[Unit] = field(default_factory=list)
    skips: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[_Call] = []
        self._owner: dict[int, int] = {}  # id of a tensor -> index of the unit that made it
        self._alive: list[Tensor] = []  # keeps ids unique while tracing
        self._waiting: list[int] = []  # sources of a concatenation, until the next unit starts
        self._counted: set[int] = set()
        self._paths = {child: path for path, child in self.root.named_modules()}
        self._handles = []
        for path, child in self.root.named_modules():
            if path and not isinstance(child, Containers):
                self._handles.append(child.register_forward_pre_hook(self._enter, with_kwargs=True))
                self._handles.append(child.register_forward_hook(self._leave))

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _enter(self, module: nn.Module, args: tuple, kwargs: dict) -> None:
        if self._open or not is_unit(module):
            return
        tensors = list(tensors_in((args, kwargs)))
        shape = tuple(tensors[0].shape) if tensors else ()
        own = 0 if id(module) in self._counted else sum(p.numel() for p in module.parameters())
        self._counted.add(id(module))
        path = self._paths[module]
        # Attention layers may be handed a time embedding that they ignore; a list of tokens they use.
        embeddings = (3,) if "Attention" in type(module).__name__ else (2, 3)
        conditioned = len(shape) == 4 and any(tensor.dim() in embeddings for tensor in tensors[1:])
        unit = Unit(path, describe_unit(module), shape, (), own, conditioned=conditioned, group=self._group(path))
        unit.layer = not list(module.children())
        self._open.append(_Call(unit, module))

    def _leave(self, module: nn.Module, args: tuple, output: object) -> None:
        tensors = list(tensors_in(output))
        if self._open and self._open[-1].module is module:
            self._close(self._open.pop().unit, tensors)
        elif not self._open:
            self._own(tensors)

    def _close(self, unit: Unit, tensors: list[Tensor]) -> None:
        unit.output = tuple(tensors[0].shape) if tensors else ()
        resizes = unit.output[2:] != unit.input[2:]
        if resizes or (unit.parameters and not unit.kind.startswith("norm")):
            self.skips += [(source, len(self.units)) for source in self._waiting]
            self._waiting = []
            self.units.append(unit)
        elif self.units:  # a norm or activation between blocks belongs to the block before it
            self.units[-1].parameters += unit.parameters
        self._own(tensors)

    def _own(self, tensors: list[Tensor]) -> None:
        for tensor in tensors:
            if self.units and id(tensor) not in self._owner:
                self._owner[id(tensor)] = len(self.units) - 1
                self._alive.append(tensor)

    def _group(self, path: str) -> str:
        """The part of the network a unit belongs to: its nearest block or list in a list; else its own name."""
        parts = path.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            ancestor, above = (self.root.get_submodule(".".join(parts[:end])) for end in (cut, cut - 1))
            if not isinstance(ancestor, Containers):
                return ".".join(parts[:cut]) if _only_units(ancestor) else ".".join(parts[: cut + 1])
            if isinstance(above, Containers):
                return ".".join(parts[:cut])
        return parts[0]

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func is torch.cat and not self._open:
            joined = [tensor for tensor in args[0] if tensor.dim() == 4]
            owners = [self._owner[id(tensor)] for tensor in joined if id(tensor) in self._owner]
            self._waiting += sorted(set(owners))[:-1]  # the latest one is the main path
        elif func is F.scaled_dot_product_attention and self._open:
            self._open[-1].unit.heads = args[0].shape[-3]
        return result


def is_unit(module: nn.Module) -> bool:
    """Whether the diagram shows a module as one piece: a layer, a block of layers, or anything that is attention."""
    name = type(module).__name__
    return "Attention" in name or "Transformer" in name or _depth(module) <= 1


def _depth(module: nn.Module) -> int:
    """Levels of modules below this one; lists and sequences are no level of their own."""
    below = [_depth(child) for child in module.children()]
    own = 0 if not below or isinstance(module, Containers) else 1
    return own + max(below, default=0)


def _only_units(module: nn.Module) -> bool:
    """Whether everything in a module is shown as one piece, lists opened."""
    for child in module.children():
        if isinstance(child, Containers):
            if not _only_units(child):
                return False
        elif not is_unit(child):
            return False
    return True


def describe_unit(module: nn.Module) -> str:
    """A module's kind in words: ``Conv 3×3``, ``Linear``, ``Resnet block``; normalisations start with ``norm``."""
    if isinstance(module, nn.Conv2d):
        return f"Conv {module.kernel_size[0]}×{module.kernel_size[1]}"
    name = type(module).__name__
    if not list(module.children()) and ("Norm" in name or not list(module.parameters())):
        return f"norm {name}" if "Norm" in name else name
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name.replace("2D", "").replace("2d", ""))
    first, *rest = words.split()
    return " ".join([first, *(word if len(word) == 1 else word.lower() for word in rest)])


def tensors_in(value: object) -> Iterator[Tensor]:
    """Every float tensor inside nested tuples, dicts and dataclasses, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from tensors_in(getattr(value, part.name))
    elif hasattr(value, "mean") and isinstance(value.mean, Tensor):  # a latent distribution
        yield value.mean
