"""The figures of each style: detection, confusion with others, effect of the strength, identity of the face.

Styles are measured on pairs: the face model with and without the style, on the same seed and the same unseen row of
attributes. Who names the styles is a judge trained on photographs and on renderings of them, never on drawn faces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics.pairwise import cosine_similarity
from tqdm import tqdm

from core import attributes, checkpoints
from core.data import PictureSet
from core.data.framing import Framing, find_framing, step_back, step_near
from core.evaluation.batched import classify, pictures_of, reconstruct, rows_of
from core.evaluation.generate import draw_faces, resolved
from core.evaluation.options import Options, wanted
from core.evaluation.sheets import codec_of
from core.evaluation.style_judge import Judge, train_judge
from core.images import to_tensor
from core.metrics import auc, frechet
from core.models import LatentCodec, PictureClassifier
from core.networks.pool import pool_of
from core.pipelines.faces.engine import FaceEngine
from core.pipelines.styles.library import StyleLibrary
from core.pipelines.styles.types import StyleInfo
from core.recipe import Recipe
from core.stylize import NAMES, render
from core.training.lora.domain import infer_attributes

MADE_WITH = ("faces", "autoencoder-kl", "classifier")
PLAIN = "plain"
STRENGTHS = (0.25, 0.5, 0.75)  # between none and all
STEPPED = 64  # pairs that are drawn at these, too
TRAINED_ON = 300  # training pictures that the judge sees in each style, as they are and through the autoencoder
LEAST = 5  # pictures with and without an attribute, for its AUC to count
COARSE = 8  # pixels along a side of the luminance in which a person is recognised


@dataclass(frozen=True)
class _Stage:
    """The networks and pictures that all styles are measured with."""

    engine: FaceEngine
    classifier: PictureClassifier
    codec: LatentCodec
    conditions: np.ndarray  # (N, 40), picture i has seed i
    plain: np.ndarray  # drawn without a style
    photos: np.ndarray  # of the measured part
    labels: np.ndarray  # of the photos, (M, 40)
    recipe: Recipe = field(default_factory=Recipe)

    def framing(self, name: str) -> Framing:
        return self.engine.framing(replace(self.recipe, styles={name: 1.0}))

    def draw(self, name: str, strength: float, rows: np.ndarray | None = None) -> np.ndarray:
        """The pairs' other half, or faces of other ``rows`` (N, 40)."""
        rows = self.conditions if rows is None else rows
        return draw_faces(self.engine, replace(self.recipe, styles={name: strength}), range(len(rows)), rows)


@dataclass(frozen=True)
class _Group:
    """Styles that one judge distinguishes; ``references`` are real pictures of the measured part in each."""

    judge: Judge
    references: dict[str, np.ndarray]  # plain first
    trained_on: int  # pictures of each class
    people: np.ndarray | None = None  # (N, 40) who is seen in the references, where it is not who the pairs ask for


def style_figures(
    root: Path, sets: Mapping[str, PictureSet], options: Options, names: Sequence[str] = ()
) -> Iterator[tuple[str, dict]]:
    """Name and figures of each shipped style of the face model, or of those named. Raises ``CheckpointError`` for a
    style that is missing, or that still acts at weight 0, ``DataError`` for missing pictures.
    """
    faces = wanted(sets, "celeba", "Styles are measured on attributes of CelebA.")
    chosen = _chosen(root, names, sets)
    engine, classifier = FaceEngine(pool_of(root)), pool_of(root).get("classifier")
    labels = faces.attributes[faces.indices(options.part)].astype(np.float32)
    count = max(2, options.samples)
    conditions = labels[np.arange(count) % len(labels)]
    plain = draw_faces(engine, Recipe(), range(count), conditions)
    photos = pictures_of(faces, options.part)[:count]
    stage = _Stage(engine, classifier, codec_of(root), conditions, plain, photos, labels[: len(photos)])
    train = pictures_of(faces, "train", TRAINED_ON)
    for rendered in (True, False):
        styles = [info for info in chosen if bool(info.renderer) == rendered]
        if not styles:
            continue
        group = _rendered(stage, train) if rendered else _domain(stage, train, sets["utkface"], faces, options)
        for info in styles:
            label = info.renderer or group.judge.classes[1]
            yield info.name, {"part": options.part, **_settings(stage), **_figures(stage, group, info.name, label)}


def _chosen(root: Path, names: Sequence[str], sets: Mapping[str, PictureSet]) -> list[StyleInfo]:
    shipped = {info.name: info for info in StyleLibrary(root).styles() if info.origin == "built-in"}
    unknown = [name for name in names if name not in shipped]
    if unknown or not shipped:
        there = f"there are {', '.join(shipped)}" if shipped else "there is none; scripts/train_style.py makes them"
        raise checkpoints.CheckpointError(f"checkpoints/styles has no style {(unknown or ['yet'])[0][:40]!r}; {there}.")
    styles = [shipped[name] for name in names or shipped]
    known = [one for one in styles if one.base == "faces" and (one.renderer in NAMES or one.domain == "utkface")]
    if names and len(known) < len(styles):
        other = next(one for one in styles if one not in known)
        raise checkpoints.CheckpointError(f"{other.name!r} is neither a rendering nor a domain of the face model.")
    if "utkface" not in sets:
        if names and any(one.domain for one in known):
            wanted(sets, "utkface", "A domain is measured against its own pictures.")
        known = [one for one in known if not one.domain]
    if not known:
        raise checkpoints.CheckpointError("None of the styles here can be measured: they say nothing of their source.")
    return known


def _rendered(stage: _Stage, train: np.ndarray) -> _Group:
    classes = {name: _both(stage, _in_style(train, name)) for name in (PLAIN, *NAMES)}
    references = {name: _in_style(stage.photos, name, seed=len(train)) for name in (PLAIN, *NAMES)}
    return _Group(train_judge(stage.classifier, classes), references, 2 * len(train))


def _domain(stage: _Stage, train: np.ndarray, source: PictureSet, faces: PictureSet, options: Options) -> _Group:
    portraits = pictures_of(source, "train", TRAINED_ON)
    rows = rows_of(source, options.part, len(stage.plain))
    people = infer_attributes(source, rows, faces, stage.classifier, find_framing(portraits, train))
    classes = {PLAIN: _both(stage, train), source.name: _both(stage, portraits)}
    references = {PLAIN: stage.photos, source.name: np.asarray(source.pixels[rows])}
    return _Group(train_judge(stage.classifier, classes), references, 2 * len(train), people)


def _in_style(pixels: np.ndarray, name: str, seed: int = 0) -> np.ndarray:
    if name == PLAIN:
        return pixels
    bar = tqdm(pixels, desc=name, unit="picture", mininterval=1, leave=False, disable=len(pixels) < 64)
    return np.stack([render(one, name, seed + row) for row, one in enumerate(bar)])


def _both(stage: _Stage, pixels: np.ndarray) -> np.ndarray:
    """As they are and through the autoencoder, whose traces every drawn face has."""
    return np.concatenate([pixels, reconstruct(stage.codec, pixels)])


def _settings(stage: _Stage) -> dict:
    recipe, count = stage.recipe, len(stage.conditions)
    return {
        "pairs": count,
        "seeds": f"0 to {count - 1}",
        "conditions": "the attribute rows of the part in order, again from the first when used up",
        "solver": recipe.solver,
        "steps": recipe.steps,
        "guidance": recipe.guidance,
        "guidance_interval": list(recipe.guidance_interval),
    }


def _figures(stage: _Stage, group: _Group, name: str, label: str) -> dict:
    few = stage.conditions[:4]
    if not np.array_equal(stage.draw(name, 0.0, few), stage.plain[: len(few)]):
        raise checkpoints.CheckpointError(f"The style {name!r} changes the picture at strength 0.")
    styled = stage.draw(name, 1.0)
    references = group.references[label]
    rebuilt = reconstruct(stage.codec, references)
    photos = stage.photos[: len(references)]
    detected = {
        "drawn": _detected(group.judge, label, stage.plain, styled),
        "real": _detected(group.judge, label, photos, references),
        "real_through_the_autoencoder": _detected(group.judge, label, reconstruct(stage.codec, photos), rebuilt),
    }
    return {
        "strength_0_is_no_style": True,
        **_slider(stage, group, name, label, styled),
        "judge_trained_on": f"{group.trained_on} pictures of each of {len(group.judge.classes)} classes",
        "judge_accuracy_on_real_pictures": _accuracy(group),
        "detected": detected,
        "mistaken_for": _mistaken(group.judge, label, styled),
        "identity": _identity(stage, styled),
        "attribute_auc_in_style": _aucs_in_style(stage, label, references, styled, stage.framing(name)),
    }


def _detected(judge: Judge, label: str, plain: np.ndarray, styled: np.ndarray) -> dict[str, float]:
    """Shares of pairs of which the judge recognises both halves, and of either half; where there are several styles,
    the share that it names rightly among them, and the share that it also detects as styled.
    """
    of_plain, of_styled = judge.classify(plain)[0], judge.classify(styled)[0]
    bare, seen = of_plain.argmax(axis=1) == 0, of_styled.argmax(axis=1) != 0
    count = min(len(bare), len(seen))
    shares = {"pairs_detected": bare[:count] & seen[:count], "plain_detected": bare, "styled_detected": seen}
    if len(judge.classes) > 2:
        right = of_styled[:, 1:].argmax(axis=1) + 1 == judge.classes.index(label)
        shares |= {"named": right, "named_and_detected": right & seen}
    return {name: float(share.mean()) for name, share in shares.items()}


def _mistaken(judge: Judge, label: str, styled: np.ndarray) -> dict[str, float]:
    """Which other classes the judge names, and how often; empty where it is always right."""
    said = judge.classify(styled)[0].argmax(axis=1)
    shares = {name: float((said == index).mean()) for index, name in enumerate(judge.classes) if name != label}
    return {name: share for name, share in sorted(shares.items(), key=lambda row: -row[1]) if share > 0}


def _accuracy(group: _Group) -> float:
    """Mean over the classes, on real pictures of the measured part."""
    right = [group.judge.classify(p)[0].argmax(axis=1) == k for k, p in enumerate(group.references.values())]
    return float(np.mean([each.mean() for each in right]))


def _falls(rows: Mapping[str, Mapping[str, float]], what: str) -> bool:
    return all(a[what] > b[what] for a, b in pairwise(rows.values()))


def _slider(stage: _Stage, group: _Group, name: str, label: str, styled: np.ndarray) -> dict:
    """Distance to the style's own pictures at each strength, for drawn faces with the attributes of their people. In
    renderings these are the people of the pairs; other portraits show others, so the pairs get figures of their own.
    """
    requested = stage.conditions[:STEPPED]
    drawn = {
        0.0: stage.plain[:STEPPED],
        **{s: stage.draw(name, s, requested) for s in STRENGTHS},
        1.0: styled[:STEPPED],
    }
    strength = of_pairs = _strength_rows(stage, group, label, drawn)
    if group.people is not None:
        drawn = {s: stage.draw(name, s, group.people) for s in drawn}  # all: no two sets of people are alike
        strength = _strength_rows(stage, group, label, drawn)
    figures = {
        "strength_is_monotone": _falls(strength, "frechet"),
        "strength_is_monotone_to_the_classifier": _falls(strength, "frechet_of_the_classifier"),
        "strength": strength,
    }
    return figures if group.people is None else {**figures, "strength_on_the_pairs": of_pairs}


def _strength_rows(
    stage: _Stage, group: _Group, label: str, stepped: Mapping[float, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Distance to real pictures in the style, as many drawn ones at each strength: in the judge's embedding, which
    sees texture and colour, and in the classifier's, which sees faces.
    """
    target, place = group.judge.classify(group.references[label])[1], group.judge.classes.index(label)
    shown = classify(stage.classifier, group.references[label]).embedding
    rows = {}
    for strength, pixels in stepped.items():
        logits, embedding = group.judge.classify(pixels)
        shares = torch.from_numpy(logits).softmax(dim=1)[:, place]
        rows[f"{strength:g}"] = {
            "pictures": len(pixels),
            "frechet": frechet(embedding, target),
            "frechet_of_the_classifier": frechet(classify(stage.classifier, pixels).embedding, shown),
            "probability_of_the_style": float(shares.mean()),
        }
    return rows


def _identity(stage: _Stage, styled: np.ndarray) -> dict[str, dict[str, float]]:
    """Cosines of a plain and a styled face, after subtracting each set's mean: of the same seed, of others, and how
    often the nearest plain face of all is that of the same seed.
    """
    plain_output, styled_output = classify(stage.classifier, stage.plain), classify(stage.classifier, styled)
    pairs = {
        "embedding": (plain_output.embedding, styled_output.embedding),
        f"luminance_{COARSE}x{COARSE}": (_coarse(stage.plain), _coarse(styled)),
    }
    rows = {}
    for what, (a, b) in pairs.items():
        cosines = cosine_similarity(b - b.mean(axis=0), a - a.mean(axis=0))
        same = np.eye(len(cosines), dtype=bool)
        rows[what] = {
            "same_seed": float(cosines[same].mean()),
            "other_seeds": float(cosines[~same].mean()),
            "nearest_is_its_own": float((cosines.argmax(axis=1) == np.arange(len(cosines))).mean()),
        }
    return rows


def _coarse(pixels: np.ndarray) -> np.ndarray:
    grey = to_tensor(pixels).mean(dim=1, keepdim=True)
    return torch.nn.functional.adaptive_avg_pool2d(grey, COARSE).flatten(1).numpy()


def _aucs_in_style(
    stage: _Stage, label: str, references: np.ndarray, styled: np.ndarray, framing: Framing
) -> dict[str, dict[str, float]]:
    """Mean AUC of the request (of photos: of their labels) against the classifier's logits, plain and styled. Faces
    that a style enlarges are cropped back to the classifier's framing first.
    """
    requested, far = resolved(stage.conditions), framing == Framing()
    seen = styled if far else step_back(styled, framing)
    rows = {"drawn": _aucs(requested, classify(stage.classifier, stage.plain).attributes, seen, stage)}
    photos = references if label in NAMES else None
    if not far:
        photos = step_back(step_near(stage.photos, framing), framing)
    if photos is not None:
        rows["real"] = _aucs(stage.labels, classify(stage.classifier, stage.photos).attributes, photos, stage)
    return rows


def _aucs(truth: np.ndarray, plain: np.ndarray, styled: np.ndarray, stage: _Stage) -> dict[str, float]:
    logits, columns = classify(stage.classifier, styled).attributes, []
    for index in range(attributes.COUNT):
        specified = truth[:, index] != 0
        present = truth[specified, index] > 0
        if min(present.sum(), (~present).sum()) >= min(LEAST, len(truth) // 4):
            columns.append([auc(present, each[specified, index]) for each in (plain, logits)])
    before, after = np.nanmean(columns, axis=0) if columns else (np.nan, np.nan)
    return {"attributes": len(columns), "plain": float(before), "styled": float(after), "drop": float(before - after)}
