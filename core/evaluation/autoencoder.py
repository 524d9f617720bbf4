"""An autoencoder's figures: error of reconstruction, for which pictures, and its cost in time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.data import DataError, PictureSet
from core.evaluation.batched import classify, encode, pictures_of, reconstruct, rows_of, sharp_rows
from core.evaluation.difficulty import by_attribute, by_class, extremes
from core.evaluation.options import Options, counted
from core.evaluation.prior import posterior_figures, prior_figures
from core.evaluation.sheets import autoencoder_sheet, extremes_sheet, save_sheet
from core.evaluation.timing import BATCHES, machine, timings
from core.latents import sources
from core.latents.codecs import OpenCodec
from core.metrics import cosine_distance, frechet, psnr, sharpness, ssim
from core.models import FlatAutoencoder, PictureClassifier
from core.networks.pool import pool_of

MOST_TRAIN = 4000  # training pictures per set that distances are taken on
MOST_ENCODED = 1000  # and that statistics of the latents are taken on
TOP_PSNR = 99.0  # stands for a picture that came back exactly
PROTOCOL = (
    "Centre squares, 8-bit colour; the posterior's mean is decoded, nothing is sampled. PSNR over all values of a "
    "picture and SSIM (7x7 flat window, mean over colours, as in scikit-image) are means over the pictures. Embedding "
    "and Fréchet distance are taken in the embedding of this project's classifier: compare them with each other, not "
    "with Inception distances. Sharpness is the energy above a quarter of the band, after over before. Nothing "
    "enlarged is measured on."
)


@dataclass(frozen=True)
class Compared:
    """N pictures of one set before and after: figures per picture, and the classifier's embeddings (N, D)."""

    psnr: np.ndarray
    ssim: np.ndarray
    distance: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def row(self) -> dict[str, float]:
        return {
            "pictures": len(self.psnr),
            "psnr": float(self.psnr.mean()),
            "ssim": float(self.ssim.mean()),
            "embedding_distance": float(self.distance.mean()),
            "frechet": frechet(self.after, self.before),
        }


@dataclass(frozen=True)
class EvaluationSetup:
    """The networks and options that one evaluation uses."""

    name: str
    codec: OpenCodec
    classifier: PictureClassifier
    options: Options
    values: int  # numbers in the latents of one picture


def evaluate_autoencoder(
    model: str, root: Path, sets: Mapping[str, PictureSet], options: Options, *, foreign: bool = False
) -> dict:
    """Reconstruction of every set's test part, and what it costs. The pictures of all ``sets`` have one size.

    Of a ``foreign`` autoencoder neither samples of the prior nor a sample sheet are made.
    """
    if not sets:
        raise DataError("An autoencoder is measured on pictures. Give them with --data celeba=DIR, food101=DIR ...")
    pool = pool_of(root)
    codec, classifier = pool.codec(model), pool.get("classifier")
    side = next(iter(sets.values())).pixels.shape[1]
    if codec.flat and side != codec.size:
        raise DataError(f"{model} takes pictures of {codec.size} pixels along a side, not {side}: leave --size out.")
    shape = codec.latent_shape[:1] + tuple(each * side // codec.size for each in codec.latent_shape[1:])
    setup = EvaluationSetup(Path(model).name, codec, classifier, options, math.prod(shape))
    parts, embeddings = {}, {}
    for kind, source in sets.items():
        parts[kind], embeddings[kind] = _measure(setup, kind, source)
    figures = {
        key: {kind: part[key] for kind, part in parts.items() if part[key]} for key in next(iter(parts.values()))
    }
    timed = timings(codec, pictures_of(next(iter(sets.values())), options.part, max(BATCHES)))
    if not foreign:
        figures |= _distribution(setup, sets, embeddings)
        save_sheet(autoencoder_sheet(root, codec, _title(model)), root / model)
    return {
        "part": options.part,
        "pictures": {kind: len(before) for kind, (before, _) in embeddings.items()},
        "train_pictures": {k: min(n, MOST_TRAIN) for k, n in counted(sets, "train").items()},
        "picture_size": f"{side}x{side}x3",
        "latent_size": "x".join(str(each) for each in shape),
        "latent_values": setup.values,
        "compression_ratio": side * side * 3 / setup.values,
        "parameters": sources.metadata(sources.find(model, root)).parameters,
        "protocol": PROTOCOL,
        "milliseconds_per_picture": timed,
        "machine": machine(),
        **{key: rows for key, rows in figures.items() if rows},
    }


def _title(model: str) -> str:
    return next((sources.TITLES[key] for key, folder in sources.BUILT_IN.items() if folder == model), model)


def _measure(
    setup: EvaluationSetup, kind: str, source: PictureSet
) -> tuple[dict[str, Any], tuple[np.ndarray, np.ndarray]]:
    """One set's figures, and its pictures' embeddings before and after. What shows pictures goes to the work folder."""
    rows = sharp_rows(source, setup.options.part, setup.options.most)
    if len(rows) < 2:
        raise DataError(f"{source.name} has fewer than two pictures in its {setup.options.part} part.")
    originals = np.asarray(source.pixels[rows])
    learned = np.asarray(source.pixels[sharp_rows(source, "train", MOST_TRAIN)])
    rebuilt = reconstruct(setup.codec, originals)
    embedded, train = (classify(setup.classifier, pixels).embedding for pixels in (originals, learned))
    compared = _compare(setup.classifier, rebuilt, originals, embedded)
    baselines = {
        name: _compare(setup.classifier, stand_in, originals, embedded).row()
        for name, stand_in in _baselines(originals, learned, setup.values).items()
    }
    labels, classes = source.attributes, source.classes
    per_picture = (compared.psnr, compared.ssim, compared.distance)
    ends = extremes(source, rows, compared.psnr, compared.distance)
    for which, places in ends.items():
        at = np.searchsorted(rows, [place["index"] for place in places.values()])
        sheet = extremes_sheet(originals[at], rebuilt[at], compared.psnr[at], f"{setup.name}, {kind}: the {which}")
        save_sheet(sheet, setup.options.work, f"{setup.name}-{kind}-{which}")
    figures = {
        "reconstruction": {
            **compared.row(),
            "sharpness": sharpness(rebuilt, originals),
            "frechet_of_real_train_pictures": frechet(train, embedded),
        },
        "baselines": baselines,
        "attribute_error": {} if labels is None else by_attribute(labels[rows], compared.psnr, compared.distance),
        "class_error": {} if classes is None else by_class(classes[rows], source.class_names, *per_picture),
        **ends,
        "latent_channels": _channels(encode(setup.codec, learned[: setup.options.most or MOST_ENCODED])),
        "psnr_percentiles": np.percentile(compared.psnr, np.arange(101)).round(2).tolist(),
    }
    return figures, (compared.before, compared.after)


def _compare(
    classifier: PictureClassifier, rebuilt: np.ndarray, originals: np.ndarray, embedded: np.ndarray
) -> Compared:
    after = classify(classifier, rebuilt).embedding
    decibels = np.minimum(psnr(rebuilt, originals), TOP_PSNR)
    return Compared(decibels, ssim(rebuilt, originals), cosine_distance(embedded, after), embedded, after)


def _baselines(originals: np.ndarray, train: np.ndarray, values: int) -> dict[str, np.ndarray]:
    """Baselines without a network: the mean training picture, and pictures shrunk to at most as many numbers."""
    mean = train.mean(axis=0, dtype=np.float64).round().astype(np.uint8)
    side = originals.shape[1]
    small = min(side, max(1, int((values / 3) ** 0.5)))
    shrunk = [
        np.asarray(
            Image.fromarray(picture)
            .resize((small, small), Image.Resampling.BOX)
            .resize((side, side), Image.Resampling.BICUBIC)
        )
        for picture in originals
    ]
    return {
        "mean_picture": np.repeat(mean[None], len(originals), axis=0),
        f"shrunk_to_{small}x{small}": np.stack(shrunk),
    }


def _channels(latents: np.ndarray) -> dict[str, list[float]]:
    """Latents (N, C, s, s) or codes (N, D) -> mean and standard deviation of every channel or dimension."""
    axes = (0, *range(2, latents.ndim))
    mean, deviation = latents.mean(axis=axes, dtype=np.float64), latents.std(axis=axes, dtype=np.float64)
    return {"pictures": len(latents), "mean": mean.round(4).tolist(), "deviation": deviation.round(4).tolist()}


def _distribution(
    setup: EvaluationSetup, sets: Mapping[str, PictureSet], embeddings: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, Any]:
    """Samples of the prior against faces and food; of a variational code also how far the posterior is from it."""
    options = setup.options
    against = {kind: pair for kind, pair in embeddings.items() if kind in ("celeba", "food101")} or dict(embeddings)
    prior = prior_figures(setup.codec, setup.classifier, against, options.prior)
    found: dict[str, Any] = {"prior_against": list(against), "prior": prior}
    model = getattr(setup.codec.codec, "autoencoder", None)
    if isinstance(model, FlatAutoencoder) and model.config.variational:
        parts = {kind: np.asarray(s.pixels[rows_of(s, options.part, options.most)]) for kind, s in sets.items()}
        found["posterior"] = {kind: posterior_figures(model, pixels) for kind, pixels in parts.items()}
    return found
