"""What a CLIP model can do without training for it: attributes and classes by sentences, and retrieval."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import CLIPModel, CLIPTokenizer

from core import attributes
from core.captions.sentences import Caption, describe_face, describe_food
from core.data import PictureSet
from core.metrics import auc, top_accuracy
from core.models.clip import embed_pictures, embed_texts, tokens_of
from core.training import batches

ENSEMBLE = 12  # sentences per question
RANKS = (1, 5, 10)
_NEUTRAL = ("a photo of a person", "a portrait of a person", "a person", "human face")


@torch.no_grad()
def zero_shot(
    model: CLIPModel, tokenizer: CLIPTokenizer, sets: Mapping[str, PictureSet], part: str, most: int | None = None
) -> dict:
    """AUC per attribute, class accuracy, and recall of pictures by their captions at 1, 5 and 10."""
    faces = sets["celeba"]
    rows = faces.indices(part)[:most]
    pictures = _embedded(model, faces, rows)
    truth = faces.attributes[rows] > 0
    scores = (pictures @ torch.stack([_direction(model, tokenizer, name) for name in attributes.NAMES]).T).numpy()
    areas = {name: auc(truth[:, index], scores[:, index]) for index, name in enumerate(attributes.NAMES)}
    known = [value for value in areas.values() if value == value]
    figures = {
        "part": part,
        "faces": len(rows),
        "auc_mean": float(np.mean(known)) if known else float("nan"),
        "auc": areas,
        "retrieval": retrieval(model, tokenizer, pictures, faces.attributes[rows]),
    }
    if "food101" in sets:
        foods = sets["food101"]
        picked = foods.indices(part)
        picked = picked[:: max(1, len(picked) // most)] if most else picked
        if len(picked):
            names = torch.stack([_class(model, tokenizer, name) for name in foods.class_names])
            similar = (_embedded(model, foods, picked) @ names.T).numpy()
            figures["foods"] = len(picked)
            figures["class_accuracy"] = top_accuracy(foods.classes[picked], similar, 1)
    return figures


def retrieval(model: CLIPModel, tokenizer: CLIPTokenizer, pictures: Tensor, labels: np.ndarray) -> dict:
    """One caption per face, embeddings (N, D), labels (N, 40) -> how often the highest ranks hold the very picture,
    and how often any that the caption describes.
    """
    captions = [describe_face(row, random.Random(index)) for index, row in enumerate(labels)]
    order = (_texts(model, tokenizer, [c.text for c in captions]) @ pictures.T).argsort(dim=1, descending=True)
    fits = torch.from_numpy(np.stack([_fits(caption, labels) for caption in captions]))
    own = torch.eye(len(captions), dtype=torch.bool)
    result = {}
    for name, truth in (("exact", own), ("matching", fits)):
        ranked = truth.gather(1, order)
        result[name] = {str(k): float(ranked[:, :k].any(dim=1).float().mean()) for k in RANKS}
    return result


def _fits(caption: Caption, labels: np.ndarray) -> np.ndarray:
    said = attributes.vector(caption.attributes)
    return labels @ said == np.abs(said).sum()


def _direction(model: CLIPModel, tokenizer: CLIPTokenizer, name: str) -> Tensor:
    """From sentences without an attribute to sentences with it, (D,)."""
    present, absent = (
        [describe_face({name: value}, random.Random(seed)).text for seed in range(ENSEMBLE)] for value in (1.0, -1.0)
    )
    if not describe_face({name: -1.0}, random.Random(0)).attributes:
        absent = list(_NEUTRAL)
    return _texts(model, tokenizer, present).mean(dim=0) - _texts(model, tokenizer, absent).mean(dim=0)


def _class(model: CLIPModel, tokenizer: CLIPTokenizer, name: str) -> Tensor:
    texts = [describe_food(name, random.Random(seed)).text for seed in range(ENSEMBLE)]
    return F.normalize(_texts(model, tokenizer, texts).mean(dim=0), dim=0)


def _texts(model: CLIPModel, tokenizer: CLIPTokenizer, texts: Sequence[str]) -> Tensor:
    parts = [texts[start : start + 128] for start in range(0, len(texts), 128)]
    return torch.cat([embed_texts(model, tokens_of(tokenizer, part).to(model.device)).cpu() for part in parts])


def _embedded(model: CLIPModel, source: PictureSet, rows: np.ndarray) -> Tensor:
    parts = np.array_split(rows, max(1, len(rows) // 64))
    return torch.cat([embed_pictures(model, batches.pictures(source, part).to(model.device)).cpu() for part in parts])
