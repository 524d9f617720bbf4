"""A training run's full state in one safetensors file: no pickles, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.checkpoints import full_disk_is_os_error


def save_state(
    path: Path,
    modules: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Optimizer],
    extra: Mapping[str, list[Tensor]],
    metadata: Mapping[str, object],
) -> None:
    """Weights, optimiser moments, extra tensor lists (EMA) and JSON metadata -> ``path``, replaced atomically."""
    tensors: dict[str, Tensor] = {}
    for name, module in modules.items():
        tensors |= {f"module.{name}.{key}": value for key, value in module.state_dict().items()}
    for name, optimiser in optimisers.items():
        for index, slots in optimiser.state_dict()["state"].items():
            for slot, value in slots.items():
                tensors[f"optimiser.{name}.{index}.{slot}"] = torch.as_tensor(value)
    for name, values in extra.items():
        tensors |= {f"extra.{name}.{index}": value for index, value in enumerate(values)}
    part = path.with_suffix(".part")
    try:
        with full_disk_is_os_error():
            tensors = {key: value.contiguous() for key, value in tensors.items()}
            save_file(tensors, part, {"metadata": json.dumps(metadata)})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_state(
    path: Path,
    modules: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Optimizer],
    extra: Mapping[str, list[Tensor]],
) -> dict:
    """Fill everything in place from :func:`save_state`'s file; returns its metadata. Strict: a mismatch raises."""
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
        metadata = json.loads(header.get("metadata") or header["facts"])  # facts: in files of older runs
        keys = set(file.keys())
        for name, module in modules.items():
            prefix = f"module.{name}."
            module.load_state_dict({k[len(prefix) :]: file.get_tensor(k) for k in keys if k.startswith(prefix)})
        for name, optimiser in optimisers.items():
            state = optimiser.state_dict()
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            for key in sorted(k for k in keys if k.startswith(f"optimiser.{name}.")):
                index, slot = key.removeprefix(f"optimiser.{name}.").split(".")
                value = file.get_tensor(key)
                if value.shape == parameters[int(index)].shape:
                    # The fused kernel walks memory, so moments must lie there in the order of their parameter.
                    value = torch.empty_like(parameters[int(index)], requires_grad=False).copy_(value)
                state["state"].setdefault(int(index), {})[slot] = value
            optimiser.load_state_dict(state)
        for name, values in extra.items():
            for index, value in enumerate(values):
                value.copy_(file.get_tensor(f"extra.{name}.{index}"))
    return metadata


def cut_journal(journal: Path, step: int) -> None:
    """Leave the rows of ``log.jsonl`` up to ``step``. What follows a line that was cut off, by a kill or a full disk,
    goes as well.
    """
    kept = []
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            break
        if row["step"] <= step:
            kept.append(line + "\n")
    part = journal.with_suffix(".part")
    part.write_text("".join(kept), encoding="utf-8")
    os.replace(part, journal)
