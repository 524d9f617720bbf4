"""Sample sheets of checkpoints: generated pictures alone, with what was asked below each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core import attributes, checkpoints
from core.charts import picture_grid
from core.diffusion.sampling import noise_for
from core.evaluation.draws import draw_faces, vectors
from core.figures import Drawing
from core.images import to_images, to_tensor
from core.metrics import psnr
from core.models import LatentCodec
from core.pipelines.engine import FaceEngine
from core.recipe import Recipe

COLUMNS = 6
CONTROLLED = ("Smiling", "Male", "Eyeglasses", "Blond_Hair", "Wearing_Hat", "Bangs")
SHOWN_SEED = 27


def save_sheet(drawing: Drawing, folder: Path, stem: str = "samples") -> Path:
    """``stem.png`` in a folder, about a thousand pixels wide."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.png"
    drawing.raster(96).save(path, optimize=True)
    return path


def faces_sheet(engine: FaceEngine, recipe: Recipe) -> Drawing:
    """Six seeds with nothing set; one seed with each of six attributes, present and absent, and under six presets."""
    asked: list[tuple[int, dict[str, float], list[str]]] = []
    asked += [(seed, {}, [f"Seed {seed}", "nothing set"]) for seed in range(COLUMNS)]
    for value, word in ((1.0, "present"), (-1.0, "absent")):
        asked += [(SHOWN_SEED, {name: value}, [attributes.label(name), word]) for name in CONTROLLED]
    asked += [(SHOWN_SEED, values, [name, "preset"]) for name, values in list(attributes.PRESETS.items())[:COLUMNS]]
    pixels = draw_faces(engine, recipe, [seed for seed, _, _ in asked], vectors([values for _, values, _ in asked]))
    note = (
        f"Generated, not photographs. Rows 2 to 4 have seed {SHOWN_SEED}. {recipe.steps} steps of {recipe.solver}, "
        f"guidance {recipe.guidance:g}"
    )
    images = [Image.fromarray(one) for one in pixels]
    return picture_grid(images, [caption for _, _, caption in asked], title="Drawn faces", note=note, columns=COLUMNS)


def autoencoder_sheet(root: Path, codec: LatentCodec) -> Drawing:
    """Generated pictures and their reconstructions, the way between two of them, and decoded noise. No photographs.

    Where the face denoiser is not there yet, decoded noise stands in for its faces.
    """
    engine = FaceEngine(root)
    shape = (codec.channels, *[codec.autoencoder.config.sample_size // codec.factor] * 2)
    noise = torch.cat([noise_for(seed, shape)[0] for seed in range(COLUMNS)])
    decoded = to_images(codec.decode(noise))
    if checkpoints.missing(root / "faces"):
        first, word = decoded, "decoded noise"
    else:
        pixels = draw_faces(engine, Recipe(), range(COLUMNS), np.zeros((COLUMNS, attributes.COUNT), np.float32))
        first, word = [Image.fromarray(one) for one in pixels], "drawn"
    original = np.stack([np.asarray(image) for image in first])
    latents = codec.encode(to_tensor(original))
    rebuilt = to_images(codec.decode(latents))
    decibels = psnr(np.stack([np.asarray(image) for image in rebuilt]), original)
    shares = torch.linspace(0, 1, COLUMNS)
    between = to_images(codec.decode(torch.stack([torch.lerp(latents[0], latents[1], share) for share in shares])))
    captions = [[word.capitalize(), f"seed {seed}"] for seed in range(COLUMNS)]
    captions += [["Reconstructed", f"{value:.1f} dB"] for value in decibels]
    captions += [[f"{100 * float(share):.0f} % of the way", "from the first to the second"] for share in shares]
    captions += [["Decoded noise", f"seed {seed}"] for seed in range(COLUMNS)]
    note = "Generated pictures, not photographs: drawn, through the latents and back, between two latents, from noise"
    images = [*first, *rebuilt, *between, *decoded]
    return picture_grid(images, captions, title="Through the latents", note=note, columns=COLUMNS)


def neighbour_sheet(pairs: list[tuple[np.ndarray, np.ndarray, str]], note: str) -> Drawing:
    """Drawn faces, each beside its nearest training picture. Holds data pictures: never for a checkpoint folder."""
    images, captions = [], []
    for drawn, neighbour, distance in pairs:
        images += [Image.fromarray(drawn), Image.fromarray(neighbour)]
        captions += [["Drawn"], ["Nearest in training", distance]]
    return picture_grid(images, captions, title="Nearest training pictures", note=note, columns=8)


def codec_of(root: Path) -> LatentCodec:
    """The built-in autoencoder of a checkpoint root."""
    return LatentCodec(checkpoints.load_model(root / "autoencoder-kl"))
