"""Pictures and sentences in one space: transformers' CLIP in our size, with a byte-level BPE of our captions.

Radford et al. 2021 (arXiv:2103.00020). A checkpoint folder is transformers' own layout, so that ``CLIPModel`` and
``CLIPProcessor`` open it without us, and its text tower becomes the text encoder of a Stable Diffusion pipeline.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from torch import Tensor
from torch.nn import functional as F
from transformers import BatchEncoding, CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig
from transformers.utils import logging

from core.checkpoints import COMMANDS, CheckpointError, read_json

logging.disable_progress_bar()  # a bar for every file read or written, in the middle of ours

WEIGHTS = "model.safetensors"
# A tokenizer keeps padding and truncation between calls, so a call must not set them while another thread tokenises.
_TOKENISING = threading.Lock()
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
LENGTH = 48  # tokens of a prompt, start and end included
SIZE, PATCH = 64, 8  # pixels along a side
PROCESSOR = {  # for programs that do not know us: a PIL picture to the model's input
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": SIZE},
    "crop_size": {"height": SIZE, "width": SIZE},
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}
PRESETS: dict[str, dict] = {
    "tiny": {"text_width": 32, "text_layers": 2, "vision_width": 32, "vision_layers": 2, "heads": 2, "projection": 32},
    "cpu": {
        "text_width": 192,
        "text_layers": 4,
        "vision_width": 192,
        "vision_layers": 6,
        "heads": 4,
        "projection": 192,
    },
    "gpu": {
        "text_width": 256,
        "text_layers": 6,
        "vision_width": 320,
        "vision_layers": 8,
        "heads": 8,
        "projection": 256,
    },
}


def build_tokenizer(texts: Iterable[str], vocabulary: int = 2048) -> CLIPTokenizer:
    """Sentences -> a tokenizer for any text: every byte is a token, frequent words are one token each.

    The same sentences give the same tokens, which the ``tokenizers`` library's own trainer does not promise.
    """
    splitter = CLIPTokenizer(**_specials()).backend_tokenizer  # CLIP's; only the merges are ours
    counts: Counter[str] = Counter()
    for text in texts:
        pieces = splitter.pre_tokenizer.pre_tokenize_str(splitter.normalizer.normalize_str(text))
        counts.update(piece for piece, _ in pieces)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*alphabet, *(byte + WORD_END for byte in alphabet)]
    merges = _merges(counts, vocabulary - len(tokens) - 2)
    tokens += dict.fromkeys("".join(pair) for pair in merges)
    vocab = {token: index for index, token in enumerate([*tokens, START, END])}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=LENGTH, **_specials())


def _merges(counts: Mapping[str, int], most: int) -> list[tuple[str, str]]:
    """Byte-pair encoding (Sennrich et al. 2015, arXiv:1508.07909): words with counts -> pairs to join, in order."""
    words = [([*word[:-1], word[-1] + WORD_END], count) for word, count in sorted(counts.items())]
    merges: list[tuple[str, str]] = []
    while len(merges) < most:
        pairs: Counter[tuple[str, str]] = Counter()
        for symbols, count in words:
            for pair in pairwise(symbols):
                pairs[pair] += count
        best = max(pairs, key=lambda pair: (pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        merges.append(best)
        for symbols, _ in words:
            for place in range(len(symbols) - 2, -1, -1):
                if (symbols[place], *symbols[place + 1 : place + 2]) == best:
                    symbols[place : place + 2] = ["".join(best)]
        words = [(symbols, count) for symbols, count in words if len(symbols) > 1]
    return merges


def build_clip(tokenizer: CLIPTokenizer, shape: dict) -> CLIPModel:
    """Pictures (N, 3, S, S) in [-1, 1] and tokens (N, L) -> embeddings (N, D)."""
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape["text_width"],
        intermediate_size=4 * shape["text_width"],
        num_hidden_layers=shape["text_layers"],
        num_attention_heads=shape["heads"],
        max_position_embeddings=LENGTH,
        projection_dim=shape["projection"],
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=shape["vision_width"],
        intermediate_size=4 * shape["vision_width"],
        num_hidden_layers=shape["vision_layers"],
        num_attention_heads=shape["heads"],
        image_size=SIZE,
        patch_size=PATCH,
        projection_dim=shape["projection"],
    )
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=shape["projection"]))


def missing_clip(folder: Path) -> str | None:
    """None when ``folder`` looks complete, else one sentence with the command that makes it."""
    if all((folder / file).is_file() for file in ("config.json", WEIGHTS, "tokenizer.json")):
        return None
    return f"The checkpoint {folder.name!r} is not in {folder.parent.name}/. Make it with: {COMMANDS['clip']}"


def load_clip(folder: str | Path) -> tuple[CLIPModel, CLIPTokenizer]:
    """A checkpoint folder -> model in eval mode, float32, on the CPU, and its tokenizer. Raises ``CheckpointError``."""
    folder = Path(folder)
    if problem := missing_clip(folder):
        raise CheckpointError(problem)
    if read_json(folder / "config.json").get("model_type") != "clip":
        raise CheckpointError(f"{folder.name}: config.json does not describe a CLIP model.")
    try:
        model, report = CLIPModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # the loaders raise nearly anything on damaged files
        raise CheckpointError(f"{folder.name} cannot be opened ({str(error)[:200]}).") from error
    differing = [*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]]
    if differing:
        raise CheckpointError(f"{folder.name}: the weights do not fit config.json; they differ in {differing[0]}.")
    return model.eval().requires_grad_(False), tokenizer


def tokenise(
    tokenizer: CLIPTokenizer, texts: Sequence[str], *, full: bool = False, offsets: bool = False
) -> BatchEncoding:
    """Texts -> ``input_ids`` (N, L): as long as the longest, or ``full`` length; what is longer is cut. With
    ``offsets``, ``offset_mapping`` (N, L, 2) has the characters of each token. Safe to call from several threads.
    """
    with _TOKENISING:
        return tokenizer(
            list(texts),
            padding="max_length" if full else "longest",
            max_length=tokenizer.model_max_length,
            truncation=True,
            return_offsets_mapping=offsets,
            return_tensors="pt",
        )


def tokens_of(tokenizer: CLIPTokenizer, texts: Sequence[str], *, full: bool = False) -> Tensor:
    """Texts -> token numbers (N, L), as in :func:`tokenise`."""
    return tokenise(tokenizer, texts, full=full).input_ids


def embed_texts(model: CLIPModel, tokens: Tensor) -> Tensor:
    """Tokens (N, L) -> unit vectors (N, D)."""
    return F.normalize(model.get_text_features(tokens).pooler_output.float(), dim=1)


def embed_pictures(model: CLIPModel, x: Tensor) -> Tensor:
    """Pictures (N, 3, S, S) in [-1, 1] -> unit vectors (N, D); larger ones than CLIP's are reduced."""
    return F.normalize(model.get_image_features(reduced(model, x)).pooler_output.float(), dim=1)


def reduced(model: CLIPModel, x: Tensor) -> Tensor:
    """Pictures (N, 3, S, S) -> the same at the size that CLIP sees."""
    side = model.config.vision_config.image_size
    return x if x.shape[-1] == side else F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)


def _specials() -> dict[str, str]:
    return {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
