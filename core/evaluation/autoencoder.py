"""The autoencoder's figures: what a picture loses on the way through the latents, and what the latents are like."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core import checkpoints
from core.data import DataError, PictureSet
from core.evaluation.options import Options, counted
from core.evaluation.readings import encode, pictures_of, read, reconstruct
from core.evaluation.sheets import autoencoder_sheet, save_sheet
from core.metrics import cosine_distance, frechet, psnr, ssim
from core.models import LatentCodec, PictureClassifier

MOST_TRAIN = 4000  # training pictures per set that distances and statistics are taken on
TOP_PSNR = 99.0  # stands for a picture that came back exactly


def evaluate_autoencoder(root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Reconstruction of every set's test part; the statistics of each latent channel on its training part."""
    if not sets:
        raise DataError("An autoencoder is measured on pictures. Give them with --data celeba=DIR, food101=DIR ...")
    autoencoder = checkpoints.load_model(root / "autoencoder-kl")
    classifier = checkpoints.load_model(root / "classifier")
    codec = LatentCodec(autoencoder)
    rows, percentiles, latents = {}, {}, {}
    for kind, source in sets.items():
        rows[kind], percentiles[kind] = _reconstruction(codec, classifier, source, options.part)
        latents[kind] = _channels(encode(codec, pictures_of(source, "train", MOST_TRAIN // 2)))
    side = next(iter(sets.values())).pixels.shape[1]
    inner = side // codec.factor
    save_sheet(autoencoder_sheet(root, codec), root / "autoencoder-kl")
    return {
        "part": options.part,
        "pictures": counted(sets, options.part),
        "train_pictures": {k: min(n, MOST_TRAIN) for k, n in counted(sets, "train").items()},
        "picture_size": f"{side}x{side}x3",
        "latent_size": f"{codec.channels}x{inner}x{inner}",
        "compression_ratio": side * side * 3 / (codec.channels * inner * inner),
        "parameters": sum(parameter.numel() for parameter in autoencoder.parameters()),
        "reconstruction": rows,
        "latent_channels": latents,
        "psnr_percentiles": percentiles,
    }


def _reconstruction(
    codec: LatentCodec, classifier: PictureClassifier, source: PictureSet, part: str
) -> tuple[dict[str, float], list[float]]:
    """One set -> its row of figures, and PSNR at the percentiles 0 to 100 of its pictures."""
    originals = pictures_of(source, part)
    if len(originals) < 2:
        raise DataError(f"{source.name} has fewer than two pictures in its {part} part.")
    rebuilt = reconstruct(codec, originals)
    decibels = np.minimum(psnr(rebuilt, originals), TOP_PSNR)
    before, after = read(classifier, originals).embedding, read(classifier, rebuilt).embedding
    train = read(classifier, pictures_of(source, "train", MOST_TRAIN)).embedding
    row = {
        "pictures": len(originals),
        "psnr": float(decibels.mean()),
        "ssim": float(ssim(rebuilt, originals).mean()),
        "embedding_distance": float(cosine_distance(before, after).mean()),
        "frechet": frechet(after, before),
        "frechet_of_real_train_pictures": frechet(train, before),
    }
    return row, np.percentile(decibels, np.arange(101)).round(2).tolist()


def _channels(latents: np.ndarray) -> dict[str, list[float]]:
    """Latents (N, C, s, s) -> mean and standard deviation of every channel."""
    axes = (0, 2, 3)
    mean, deviation = latents.mean(axis=axes, dtype=np.float64), latents.std(axis=axes, dtype=np.float64)
    return {"pictures": len(latents), "mean": mean.round(4).tolist(), "deviation": deviation.round(4).tolist()}
