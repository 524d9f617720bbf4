"""Every generator of faces by one protocol, on the same test faces: how real, how varied, how obedient, how fast.

Row i of each generator answers row i of the test part, with seed i: its attributes where attributes are taken, its
embedding where only that is, nothing otherwise. All distances are in the classifier's embedding.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import attributes, checkpoints
from core.captions.sentences import describe_face
from core.data import PictureSet
from core.evaluation.batched import ClassifierArrays, classify, pictures_of, reconstruct, sharp_rows
from core.evaluation.generate import draw_faces, resolved
from core.evaluation.options import Options, wanted
from core.evaluation.sheets import codec_of, generator_sheet, save_sheet
from core.evaluation.timing import machine
from core.metrics import auc, diversity, frechet, kernel_distance, nearest, precision_recall
from core.networks.pool import pool_of
from core.pipelines.compare.generators import GENERATORS, draw
from core.pipelines.compare.parts import missing
from core.pipelines.compare.types import Batch
from core.pipelines.faces.engine import FaceEngine
from core.pipelines.faces.types import PARTS
from core.recipe import Recipe

GENERATOR_PARTS = [part for generator in GENERATORS.values() for part in generator.needs]
TIMED = 16  # pictures of one request whose time is taken


@dataclass(frozen=True)
class Reference:
    """What every generator answers and is compared with: labels (N, 40) of real pictures and what is seen in them."""

    labels: np.ndarray
    pixels: np.ndarray
    seen: ClassifierArrays
    trained: np.ndarray  # embeddings (M, E) of the training pictures and their mirror images
    floor: float  # median distance of real test pictures to those


Draw = Callable[[np.ndarray], np.ndarray]  # rows of the test part -> pictures, uint8 (N, S, S, 3)


def compare_generators(root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Figures of each generator that is here, and how to get each that is not. Raises ``CheckpointError`` where the
    classifier is missing, ``DataError`` for missing pictures.
    """
    if problem := checkpoints.missing(root / "classifier"):
        raise checkpoints.CheckpointError(problem)
    faces = wanted(sets, "celeba", "Generators are compared on CelebA's test faces.", least=8)
    classifier = pool_of(root).get("classifier")
    test = prepare(classifier, faces, options)
    rows = np.arange(len(test.labels))
    figures, absent = {}, {}
    for name, (problem, drawing) in generators(root, test).items():
        if problem:
            absent[name] = problem
            continue
        pixels = drawing(rows)
        follows = name not in ("vae", "noise")
        figures[name] = measure(classify(classifier, pixels), test, follows) | {"milliseconds": timed(drawing)}
    return {
        "part": options.part,
        "pictures": len(rows),
        "machine": machine(),
        "made_with": {
            part: checkpoints.fingerprint(root / part)
            for part in dict.fromkeys(("classifier", *GENERATOR_PARTS, *PARTS[:2], "text"))
            if not checkpoints.missing(root / part)
        },
        "missing": absent,
        "bounds": bounds(root, classifier, faces, test),
        "generators": figures,
    }


def prepare(classifier: object, faces: PictureSet, options: Options) -> Reference:
    """At most ``options.samples`` test pictures, and the training pictures as the classifier sees them."""
    rows = sharp_rows(faces, options.part, options.samples)
    pixels, train = np.asarray(faces.pixels[rows]), pictures_of(faces, "train", options.most)
    seen = classify(classifier, pixels)
    mirrored = [classify(classifier, each).embedding for each in (train, train[:, :, ::-1])]
    trained = np.concatenate(mirrored)
    floor = float(np.median(nearest(seen.embedding, trained)[0]))
    return Reference(faces.attributes[rows].astype(np.float32), pixels, seen, trained, floor)


def generators(root: Path, test: Reference) -> dict[str, tuple[str | None, Draw]]:
    """Name -> why it cannot draw (None where it can), and how it draws rows of the test part."""
    pool = pool_of(root)

    def of_pool(name: str) -> Draw:
        takes = GENERATORS[name].takes

        def drawing(rows: np.ndarray) -> np.ndarray:
            labels = test.labels[rows] if "attributes" in takes else None
            return draw(pool, name, Batch([int(row) for row in rows], labels))

        return drawing

    def of_embeddings(name: str) -> Draw:
        return lambda rows: draw(pool, name, Batch([int(r) for r in rows], embeddings=test.seen.embedding[rows]))

    found = {name: (missing(root, name), of_pool(name)) for name in GENERATORS}
    for name in ("gan", "variations"):
        found[f"{name}-of-photo"] = (missing(root, name), of_embeddings(name))
    problem = next((p for p in (checkpoints.missing(root / part) for part in PARTS) if p), None)
    found["faces"] = problem, lambda rows: draw_faces(FaceEngine(pool), Recipe(), rows.tolist(), test.labels[rows])
    found["text"] = checkpoints.missing(root / "text"), lambda rows: _draw_texts(root, test.labels[rows])
    return found


def _draw_texts(root: Path, labels: np.ndarray) -> np.ndarray:
    """A sentence for each row of labels, drawn with the text pipeline's defaults."""
    from core.evaluation.text import draw_texts  # brings most of diffusers, which says a lot while it loads
    from core.pipelines.prompts.pipeline import PromptsPipeline

    pipeline = PromptsPipeline(root)
    said = [describe_face(row, random.Random(index)).text for index, row in enumerate(labels.astype(np.int8))]
    return draw_texts(pipeline.engine, pipeline.usual(), said)


def measure(drawn: ClassifierArrays, test: Reference, follows: bool) -> dict[str, float]:
    """The figures of one generator's pictures; agreement with the request only where it ``follows`` one."""
    precision, recall = precision_recall(drawn.embedding, test.seen.embedding)
    figures = {
        "frechet": frechet(drawn.embedding, test.seen.embedding),
        "kernel": kernel_distance(drawn.embedding, test.seen.embedding),
        "precision": precision,
        "recall": recall,
        "diversity": diversity(drawn.embedding) / diversity(test.seen.embedding),
        "nearest_training_picture": float(np.median(nearest(drawn.embedding, test.trained)[0])) / test.floor,
    }
    if follows:
        figures["attribute_auc"] = agreement(resolved(test.labels), drawn.attributes)
        same = (drawn.attributes > 0) == (test.seen.attributes > 0)
        figures["attributes_as_in_the_photo"] = float(same.mean())
    return figures


def agreement(requested: np.ndarray, logits: np.ndarray) -> float:
    """Requests (N, 40) against the classifier's logits of what was drawn: the mean area over the attributes."""
    areas = [
        auc(requested[requested[:, index] != 0, index] > 0, logits[requested[:, index] != 0, index])
        for index in range(attributes.COUNT)
    ]
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")


def timed(drawing: Draw) -> float:
    """Milliseconds per picture of a request for sixteen, after a first one that sets up kernels."""
    rows = np.zeros(TIMED, int)
    drawing(rows)
    started = time.perf_counter()
    drawing(rows)
    return 1000 * (time.perf_counter() - started) / TIMED


def bounds(root: Path, classifier: object, faces: PictureSet, test: Reference) -> dict[str, dict[str, float]]:
    """What real training pictures, as many as are compared, and reconstructed test pictures reach."""
    rows = sharp_rows(faces, "train", len(test.labels))
    real = classify(classifier, np.asarray(faces.pixels[rows]))
    found = {"real_training_pictures": measure(real, test, False)}
    del found["real_training_pictures"]["nearest_training_picture"]
    if not checkpoints.missing(root / "autoencoder-kl"):
        rebuilt = classify(classifier, reconstruct(codec_of(root), test.pixels))
        found["reconstructed_test_pictures"] = measure(rebuilt, test, True)
    return found


def table(figures: dict) -> Iterator[str]:
    """The figures as lines of text, the nearest to real pictures first."""
    rows = sorted(figures["generators"].items(), key=lambda item: item[1]["frechet"])
    yield f"{'':22}{'Frechet':>9}{'kernel':>9}{'precision':>11}{'recall':>8}{'diversity':>11}{'AUC':>7}{'ms':>8}"
    for name, row in rows:
        area = f"{row['attribute_auc']:7.3f}" if "attribute_auc" in row else f"{'-':>7}"
        line = f"{name:22}{row['frechet']:9.2f}{row['kernel']:9.4f}{row['precision']:11.2f}{row['recall']:8.2f}"
        yield f"{line}{row['diversity']:11.2f}{area}{row['milliseconds']:8.1f}"
    for name, problem in figures["missing"].items():
        yield f"{name:22}{problem}"


def evaluate_generator(name: str, root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Figures of one generator by the same protocol, beside those of the face denoiser where it is here, and its sheet.

    Raises as :func:`compare_generators` does, and where the generator
    cannot draw.
    """
    if problem := missing(root, name):
        raise checkpoints.CheckpointError(problem)
    faces = wanted(sets, "celeba", "Generators are compared on CelebA's test faces.", least=8)
    classifier = pool_of(root).get("classifier")
    test = prepare(classifier, faces, options)
    ways = generators(root, test)
    shown = {each: ways[each][1] for each in (name, f"{name}-of-photo", "faces") if ways[each][0] is None}
    every = np.arange(len(test.labels))
    rows = {each: measure(classify(classifier, way(every)), test, True) for each, way in shown.items()}
    save_sheet(generator_sheet(root, name), root / name)
    return {
        "part": options.part,
        "pictures": len(test.labels),
        "machine": machine(),
        "milliseconds_per_picture": timed(shown[name]),
        "bounds": bounds(root, classifier, faces, test),
        "generators": rows,
    }
