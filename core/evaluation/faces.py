"""The face denoiser's figures: how real its faces are, whether they follow the request, whether they are copies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core import attributes
from core.data import PictureSet
from core.evaluation.batched import ClassifierArrays, classify, pictures_of, reconstruct
from core.evaluation.classifier import mean_row, thresholds
from core.evaluation.generate import draw_faces, resolved, vectors
from core.evaluation.options import Options, wanted
from core.evaluation.sheets import CONTROLLED, codec_of, faces_sheet, neighbour_sheet, save_sheet
from core.metrics import auc, frechet, nearest
from core.models import PictureClassifier
from core.networks.pool import pool_of
from core.pipelines.faces.engine import FaceEngine
from core.recipe import Recipe

SHOWN = 16  # samples whose nearest training pictures are listed


def evaluate_faces(root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Draw with the default recipe, one seed per picture from 0 on, and measure."""
    real = wanted(sets, "celeba", "The faces are measured against CelebA.")
    engine, recipe = FaceEngine(pool_of(root)), Recipe()
    classifier = engine.pool.get("classifier")
    labels = real.attributes[real.indices(options.part)].astype(np.float32)
    conditions = labels[np.arange(max(2, options.samples)) % len(labels)]
    samples = draw_faces(engine, recipe, range(len(conditions)), conditions)
    originals, train = pictures_of(real, options.part), pictures_of(real, "train")
    of_samples, of_originals, of_train = (classify(classifier, each) for each in (samples, originals, train))
    rebuilt = classify(classifier, reconstruct(codec_of(root), originals))
    control = _control(
        engine,
        recipe,
        classifier,
        thresholds(classifier, real),
        options.control,
        (labels, of_originals.attributes),
    )
    auc_rows = _auc_rows(resolved(conditions), of_samples, labels, of_originals)
    neighbours = _neighbours(classifier, samples, originals, train, (of_samples, of_originals, of_train), options.work)
    save_sheet(faces_sheet(engine, recipe), root / "faces")
    return {
        "part": options.part,
        "pictures": {"samples": len(samples), options.part: len(originals), "train": len(train)},
        "seeds": f"0 to {len(samples) - 1}",
        "conditions": f"the attribute rows of the {options.part} part in order, again from the first when used up",
        "solver": recipe.solver,
        "steps": recipe.steps,
        "guidance": recipe.guidance,
        "guidance_interval": list(recipe.guidance_interval),
        "frechet": _frechet_rows(of_samples, rebuilt, of_originals, of_train),
        "control_settings": {"seeds": f"0 to {options.control - 1}", "faces": 2 * options.control * len(CONTROLLED)},
        "control": control,
        "attribute_auc_mean": mean_row(auc_rows),
        "neighbours": neighbours,
        "attribute_auc": auc_rows,
    }


def _frechet_rows(
    samples: ClassifierArrays, rebuilt: ClassifierArrays, test: ClassifierArrays, train: ClassifierArrays
) -> dict[str, dict]:
    """Distances to both parts. The figure depends on the count, so samples are also taken as many as test pictures."""
    groups = {
        "samples": samples.embedding,
        "as_many_samples_as_test_pictures": samples.embedding[: len(test.embedding)],
        "reconstructed_test_pictures": rebuilt.embedding,
        "real_test_pictures": test.embedding,
    }
    return {
        name: {
            "pictures": len(group),
            "to_test": frechet(group, test.embedding),
            "to_train": frechet(group, train.embedding),
        }
        for name, group in groups.items()
    }


def _auc_rows(
    requested: np.ndarray, drawn: ClassifierArrays, labels: np.ndarray, real: ClassifierArrays
) -> dict[str, dict[str, float]]:
    """Per attribute: the request against the classifier's logit, beside the label of real pictures against it."""
    rows = {}
    for index, name in enumerate(attributes.NAMES):
        specified = requested[:, index] != 0
        rows[name] = {
            "samples": auc(requested[specified, index] > 0, drawn.attributes[specified, index]),
            "real": auc(labels[:, index] > 0, real.attributes[:, index]),
        }
    return rows


def _control(
    engine: FaceEngine,
    recipe: Recipe,
    classifier: PictureClassifier,
    limits: np.ndarray,
    count: int,
    real: tuple[np.ndarray, np.ndarray],
) -> dict[str, dict[str, float]]:
    """Only one attribute set, present and absent, on the same seeds: in how many faces the classifier agrees.

    ``real`` is labels and logits (N, 40) of real pictures, on which the same classifier is wrong now and then, too.
    """
    rows = {}
    for name in CONTROLLED:
        index = attributes.INDEX[name]
        requested = vectors([{name: value} for value in (1.0, -1.0) for _ in range(count)])
        logits = classify(classifier, draw_faces(engine, recipe, [*range(count)] * 2, requested)).attributes[:, index]
        row = _agreement(requested[:, index] > 0, logits, 0.0)
        row |= _agreement(requested[:, index] > 0, logits, limits[index], "_balanced")
        known = _agreement(real[0][:, index] > 0, real[1][:, index], 0.0)
        known |= _agreement(real[0][:, index] > 0, real[1][:, index], limits[index], "_balanced")
        row |= {f"real_{key}": value for key, value in known.items()}
        rows[name] = {**row, "balanced_threshold": float(1 / (1 + np.exp(-limits[index])))}
    return rows


def _agreement(requested: np.ndarray, logits: np.ndarray, limit: float, suffix: str = "") -> dict[str, float]:
    """Share of pictures requested (or labelled) present above the limit, of the others below it, and their mean."""
    report = {"present": _share(logits[requested] > limit), "absent": _share(logits[~requested] <= limit)}
    return {f"{key}{suffix}": value for key, value in {"followed": sum(report.values()) / 2, **report}.items()}


def _share(decisions: np.ndarray) -> float:
    return float(decisions.mean()) if len(decisions) else float("nan")


def _neighbours(
    classifier: PictureClassifier,
    samples: np.ndarray,
    test: np.ndarray,
    train: np.ndarray,
    outputs: tuple[ClassifierArrays, ClassifierArrays, ClassifierArrays],
    work: Path,
) -> dict[str, dict]:
    """Distance of drawn and of real test faces to their nearest training picture, mirror images included.

    Copies would be much nearer than test pictures are. The pictures themselves go to ``work`` only.
    """
    of_samples, of_test, of_train = outputs
    both = np.concatenate([train, train[:, :, ::-1]])
    mirrored = classify(classifier, train[:, :, ::-1]).embedding
    embedded = np.concatenate([of_train.embedding, mirrored])
    count = min(len(samples), len(test))
    close, at = nearest(of_samples.embedding[:count], embedded)
    figures = {"embedding": _spread(close, nearest(of_test.embedding, embedded)[0])}
    per_value = np.sqrt(samples[0].size)  # Euclidean distance -> root mean square difference of 8-bit values
    drawn, seen = _flat(samples[:count]), _flat(both)
    near, where = nearest(drawn, seen)
    figures["pixels"] = _spread(near / per_value, nearest(_flat(test), seen)[0] / per_value)
    for what, distance, index in (("embedding", close, at), ("pixels", near / per_value, where)):
        pairs = [(samples[i], both[index[i]], f"{distance[i]:.2f}") for i in range(min(SHOWN, count))]
        sheet = neighbour_sheet(pairs, f"Of {len(both):,} training pictures and mirror images, by {what}")
        save_sheet(sheet, work, f"neighbours-{what}")
    return figures


def _spread(samples: np.ndarray, test: np.ndarray) -> dict[str, float]:
    closest = float(np.percentile(test, 1))
    return {
        "samples": len(samples),
        "samples_median": float(np.median(samples)),
        "test_median": float(np.median(test)),
        "first_16_samples_least": float(samples[:SHOWN].min()),
        "first_16_samples_median": float(np.median(samples[:SHOWN])),
        "samples_least": float(samples.min()),
        "test_least": float(test.min()),
        "samples_nearer_than_1_percent_of_test": float((samples < closest).mean()),
    }


def _flat(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(len(pixels), -1)
