"""The header of a safetensors file from anywhere: checked against the bytes that are there, before a tensor is read."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.checkpoints import CheckpointError

MAX_HEADER = 8 * 2**20
_DTYPES = {  # bytes of a number; whole models hold integers, too, such as the numbers of positions
    **{"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1},
    **{"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1},
}
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Header:
    metadata: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]  # of every tensor, by name


def read_header(file: Path, error: type[CheckpointError] = CheckpointError) -> Header:
    """Raises ``error`` with one sentence, or ``OSError``."""
    name, size = file.name, file.stat().st_size
    with open(file, "rb") as opened:
        head = opened.read(8)
        if head[:2] in _PICKLES or head[:4] == b"PK\3\4":
            raise error(f"{name} is a pickle, which can run programs when it is opened; only safetensors are read.")
        if size < 10:
            raise error(f"{name} is empty or cut short.")
        (length,) = struct.unpack("<Q", head)
        if length > MAX_HEADER:
            raise error(f"{name} is not a safetensors file: its header claims {length:,} bytes.")
        if 8 + length > size:
            raise error(f"{name} is cut short: its header does not end.")
        text = opened.read(length)
    try:
        entries = json.loads(text)
        metadata = entries.pop("__metadata__", {})
        ends = [_entry_end(entry) for entry in entries.values()]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        raise error(f"{name} is not a safetensors file: its header cannot be read.") from wrong
    if not ends:
        raise error(f"{name} holds no weights.")
    there = size - 8 - length
    if max(ends) > there:
        raise error(f"{name} is cut short: {max(ends):,} bytes of weights are announced, {there:,} are there.")
    shapes = {key: tuple(entry["shape"]) for key, entry in entries.items()}
    return Header(metadata if isinstance(metadata, dict) else {}, shapes)


def _entry_end(entry: dict[str, Any]) -> int:
    """One tensor of the header -> where its bytes end. Raises ``ValueError`` where its numbers make no sense."""
    start, end = entry["data_offsets"]
    shape = entry["shape"]
    if not all(isinstance(n, int) and n >= 0 for n in (start, end, *shape)):
        raise ValueError("sizes are whole numbers")
    if entry["dtype"] not in _DTYPES or end - start != _DTYPES[entry["dtype"]] * math.prod(shape):
        raise ValueError("a shape and its bytes disagree")
    return end
