"""Computes how much of a prompt the text encoder reads, from the tokenizer's file, without loading a network."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

_SPECIAL = 2  # begin and end


def kept_characters(pipeline: Path, prompt: str) -> int | None:
    """Count the characters of a prompt that fit; None if the pipeline's folder has no tokenizer file."""
    found = _opened(pipeline / "tokenizer")
    if found is None:
        return None
    tokenizer, limit = found
    offsets = tokenizer.encode(prompt, add_special_tokens=False).offsets
    if len(offsets) <= limit - _SPECIAL:
        return len(prompt)
    return max(end for _, end in offsets[: limit - _SPECIAL])


@lru_cache(maxsize=4)
def _opened(folder: Path) -> tuple[Tokenizer, int] | None:
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        limit = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))["model_max_length"]
    except Exception:  # older pipelines hold other files, and the library raises bare exceptions
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return (tokenizer, limit) if isinstance(limit, int) and limit > _SPECIAL else None
