"""Sample sheets of checkpoints: generated pictures alone, with the request below each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import attributes, checkpoints
from core.diffusion.sampling import noise_for
from core.evaluation.generate import draw_faces, vectors
from core.images import to_images, to_pixels, to_tensor, to_uint8
from core.latents.codecs import OpenCodec
from core.metrics import psnr
from core.models import LatentCodec
from core.networks.pool import pool_of
from core.pipelines.compare.generators import GENERATORS, draw
from core.pipelines.compare.types import Batch
from core.pipelines.faces.engine import FaceEngine
from core.pipelines.faces.types import PARTS
from core.recipe import Recipe
from core.reports.charts import picture_grid
from core.reports.drawing import Drawing

COLUMNS = 6
CONTROLLED = ("Smiling", "Male", "Eyeglasses", "Blond_Hair", "Wearing_Hat", "Bangs")
SHOWN_SEED = 27
TRAVERSED = 2  # dimensions that a sheet moves
REACH = 2.5  # deviations that it moves them either way


def save_sheet(drawing: Drawing, folder: Path, stem: str = "") -> Path:
    """``stem.png`` in a folder, about a thousand pixels wide; without a stem a checkpoint's samples."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (f"{stem}.png" if stem else checkpoints.SAMPLES)
    options = {"optimize": True} if stem else {"quality": 92, "method": 6}  # of faces, a fifth of a PNG's bytes
    drawing.raster(96).save(path, **options)
    return path


def faces_sheet(engine: FaceEngine, recipe: Recipe) -> Drawing:
    """Six seeds with nothing set; one seed with each of six attributes, present and absent, and under six presets."""
    requests: list[tuple[int, dict[str, float], list[str]]] = []
    requests += [(seed, {}, [f"Seed {seed}", "nothing set"]) for seed in range(COLUMNS)]
    for value, word in ((1.0, "present"), (-1.0, "absent")):
        requests += [(SHOWN_SEED, {name: value}, [attributes.label(name), word]) for name in CONTROLLED]
    requests += [(SHOWN_SEED, values, [name, "preset"]) for name, values in list(attributes.PRESETS.items())[:COLUMNS]]
    seeds, values, captions = zip(*requests, strict=True)
    pixels = draw_faces(engine, recipe, seeds, vectors(values))
    note = (
        f"Generated, not photographs. Rows 2 to 4 have seed {SHOWN_SEED}. {recipe.steps} steps of {recipe.solver}, "
        f"guidance {recipe.guidance:g}"
    )
    images = [Image.fromarray(one) for one in pixels]
    return picture_grid(images, captions, title="Drawn faces", note=note, columns=COLUMNS)


def generator_sheet(root: Path, name: str) -> Drawing:
    """Faces of a generator: twelve seeds with nothing set, and one seed with each of six attributes, both ways."""
    requests: list[tuple[int, dict[str, float], list[str]]] = []
    requests += [(seed, {}, [f"Seed {seed}", "nothing set"]) for seed in range(2 * COLUMNS)]
    for value, word in ((1.0, "present"), (-1.0, "absent")):
        requests += [(SHOWN_SEED, {key: value}, [attributes.label(key), word]) for key in CONTROLLED]
    seeds, values, captions = zip(*requests, strict=True)
    pixels = draw(pool_of(root), name, Batch(seeds, vectors(values)))
    note = f"Generated, not photographs. The last two rows have seed {SHOWN_SEED}"
    images = [Image.fromarray(one) for one in pixels]
    return picture_grid(images, captions, title=GENERATORS[name].title, note=note, columns=COLUMNS)


def autoencoder_sheet(root: Path, codec: OpenCodec, title: str = "Through the latents") -> Drawing:
    """Generated pictures and their reconstructions, the way between two of them, single dimensions (of a grid of
    latents: channels) moved up and down, and decoded samples of N(0, 1). No photographs.

    Where the face denoiser is not there yet, decoded noise stands in for its faces.
    """
    noise = torch.cat([noise_for(seed, codec.latent_shape)[0] for seed in range(COLUMNS)])
    decoded = to_images(codec.decode(noise))
    pixels, word = _drawn(root, codec, decoded)
    latents = codec.encode(to_tensor(pixels))
    rebuilt = codec.decode(latents)
    shares = torch.linspace(0, 1, COLUMNS)
    between = codec.decode(torch.stack([torch.lerp(latents[0], latents[1], share) for share in shares]))
    images = [*[Image.fromarray(one) for one in pixels], *to_images(rebuilt), *to_images(between)]
    captions = [[word.capitalize(), f"seed {seed}"] for seed in range(COLUMNS)]
    captions += [["Reconstructed", f"{value:.1f} dB"] for value in psnr(to_uint8(rebuilt), pixels)]
    captions += [[f"{100 * float(share):.0f} % of the way", "from the first to the second"] for share in shares]
    what = "dimension" if codec.flat else "channel"
    for index in _most_visible(codec, latents[:1]):
        moves = torch.linspace(-REACH, REACH, COLUMNS)
        images += to_images(codec.decode(torch.cat([_moved(latents[:1], index, float(move)) for move in moves])))
        captions += [[f"{what.capitalize()} {index + 1}", f"{float(move):+.1f} deviations"] for move in moves]
    captions += [["Sample of N(0, 1)", f"seed {seed}"] for seed in range(COLUMNS)]
    note = (
        "Generated pictures, not photographs: drawn, through the latents and back, between the first two, one "
        f"{what} moved, and decoded noise"
    )
    return picture_grid([*images, *decoded], captions, title=title, note=note, columns=COLUMNS)


def _drawn(root: Path, codec: OpenCodec, decoded: list[Image.Image]) -> tuple[np.ndarray, str]:
    """Generated pictures of the codec's size, uint8 (6, S, S, 3), and what they are."""
    if any(checkpoints.missing(root / part) for part in PARTS):
        return np.stack([np.asarray(image) for image in decoded]), "decoded noise"
    engine, rows = FaceEngine(pool_of(root)), np.zeros((COLUMNS, attributes.COUNT), np.float32)
    pixels = draw_faces(engine, Recipe(), range(COLUMNS), rows)
    return np.stack([to_pixels(Image.fromarray(one), codec.size) for one in pixels]), "drawn"


def _most_visible(codec: OpenCodec, z: Tensor) -> list[int]:
    """The dimensions or channels whose move changes the picture most, strongest first."""
    count = z.shape[1]
    ends = [codec.decode(torch.cat([_moved(z, index, move) for move in (-REACH, REACH)])) for index in range(count)]
    change = torch.stack([(low - high).abs().mean() for low, high in ends])
    return change.argsort(descending=True)[:TRAVERSED].tolist()


def _moved(z: Tensor, index: int, move: float) -> Tensor:
    """Latents (1, D) or (1, C, h, w) with ``move`` added to one dimension or channel; they have deviation 1 in each."""
    moved = z.clone()
    moved[:, index] += move
    return moved


def extremes_sheet(originals: np.ndarray, rebuilt: np.ndarray, decibels: np.ndarray, title: str) -> Drawing:
    """Pictures (N, S, S, 3) above what came back. Holds data pictures: never for a checkpoint folder."""
    images = [Image.fromarray(one) for one in (*originals, *rebuilt)]
    captions = [[f"{index + 1}", "original"] for index in range(len(originals))]
    captions += [[f"{index + 1}", f"{value:.1f} dB"] for index, value in enumerate(decibels)]
    return picture_grid(images, captions, title=title, note="Data pictures: not for sharing", columns=len(originals))


def neighbour_sheet(pairs: list[tuple[np.ndarray, np.ndarray, str]], note: str) -> Drawing:
    """Drawn faces, each beside its nearest training picture. Holds data pictures: never for a checkpoint folder."""
    images, captions = [], []
    for drawn, neighbour, distance in pairs:
        images += [Image.fromarray(drawn), Image.fromarray(neighbour)]
        captions += [["Drawn"], ["Nearest in training", distance]]
    return picture_grid(images, captions, title="Nearest training pictures", note=note, columns=8)


def codec_of(root: Path) -> LatentCodec:
    """The built-in autoencoder of a checkpoint root."""
    return pool_of(root).get("autoencoder-kl").codec
