"""How well faces are found: scenes composed of pictures whose eyes are known, pasted anywhere onto other pictures."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.archive import Archive
from core.data.celeba import partition_of
from core.data.errors import DataError
from core.data.layout import Layout
from core.data.picture_set import TEST
from core.photos.alignment import FACE_CROP, Placement, Point, fit_to, lay_over
from core.photos.detection import FaceFinder, FoundFace

SMALLEST, LARGEST = 60.0, 600.0  # sides of the face crop in the scene, pixels, evenly in their logarithm
MOST_TURNED = 25.0  # degrees
NEAR_ENOUGH = 0.1  # of the eyes' distance
SCENES = 500
_RANGES = ((60, 100), (100, 200), (200, 400), (400, 601))  # sides, reported each for itself


@dataclass(frozen=True)
class Scene:
    """One photo with one face, whose eyes are known to about two of the face crop's 148 pixels."""

    photo: Image.Image
    placement: Placement

    @property
    def eyes(self) -> tuple[Point, Point]:
        return self.placement.eyes(FACE_CROP)


def test_pictures(folder: Path) -> list[Image.Image]:
    """The test part of a set of face crops in CelebA's layout, square RGB pictures of any size."""
    with Layout(folder) as layout:
        partition = partition_of(layout)
        if partition is None:
            raise DataError(f"{folder} has no list_eval_partition: without it nothing says which faces are test faces.")
        found = layout.pictures(partition)
        tested = partition.values[found.rows, 0] == TEST
        names = [name for name, test in zip(found.members, tested, strict=True) if test]
        return [Image.open(io.BytesIO(found.archive.read(name))).convert("RGB") for name in names]


def backgrounds(path: Path, most: int = 400) -> list[Image.Image]:
    """Pictures without faces out of a folder or zip, evenly over it."""
    source = path / "food-101.zip" if (path / "food-101.zip").is_file() else path
    with Archive(source) as pictures:
        names = pictures.pictures()
        chosen = names[:: max(1, len(names) // most)][:most]
        return [Image.open(io.BytesIO(pictures.read(name))).convert("RGB") for name in chosen]


def scenes(
    faces: Sequence[Image.Image], others: Sequence[Image.Image], count: int = SCENES, seed: int = 0
) -> Iterator[Scene]:
    """``count`` scenes, each of another face while there are enough; scene i is the same for any count."""
    order = np.random.default_rng(seed).permutation(len(faces))
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        side = float(np.exp(rng.uniform(math.log(SMALLEST), math.log(LARGEST))))
        size = tuple(int(v) for v in rng.integers(max(480, math.ceil(side * 1.2)), 1601, size=2))
        degrees = float(rng.uniform(-MOST_TURNED, MOST_TURNED))
        reach = 0.5 * side * (math.cos(math.radians(degrees)) + math.sin(math.radians(abs(degrees))))
        x, y = (float(rng.uniform(min(reach, length / 2), max(length - reach, length / 2))) for length in size)
        placement = Placement(x, y, side, degrees)
        yield Scene(_pasted(_ground(others, size, rng), faces[order[index % len(faces)]], placement), placement)


def _ground(others: Sequence[Image.Image], size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """One to nine other pictures, side by side, filling the size."""
    across = int(rng.integers(1, 4))
    ground = Image.new("RGB", size)
    width, height = math.ceil(size[0] / across), math.ceil(size[1] / across)
    for column in range(across):
        for row in range(across):
            other = others[int(rng.integers(len(others)))]
            ground.paste(other.resize((width, height), Image.Resampling.BICUBIC), (column * width, row * height))
    return ground


def _pasted(ground: Image.Image, face: Image.Image, placement: Placement) -> Image.Image:
    """The face crop over the picture, its edge softened over a tenth of its side."""
    pixels = np.asarray(face, dtype=np.float32)
    size = len(pixels)
    inwards = np.minimum(np.arange(size), np.arange(size)[::-1]) / (0.1 * size)
    line = np.clip(inwards, 0, 1).astype(np.float32)
    layers = fit_to(np.concatenate([pixels, (line[:, None] * line)[..., None]], axis=2), placement.side)
    left, top, right, bottom = placement.bounds()
    box = (
        max(0, int(left)),
        max(0, int(top)),
        min(ground.width, math.ceil(right)),
        min(ground.height, math.ceil(bottom)),
    )
    laid = lay_over(layers, placement, box)
    weight = np.clip(laid[..., 3:], 0, 1)
    under = np.asarray(ground.crop(box), dtype=np.float32)
    mixed = np.clip(under + weight * (laid[..., :3] - under), 0, 255)
    ground.paste(Image.fromarray(np.rint(mixed).astype(np.uint8)), box[:2])
    return ground


def eye_error(faces: Sequence[FoundFace], eyes: tuple[Point, Point]) -> float:
    """The farther of the two eyes of the face that fits best, in eye distances; infinite where none was found."""
    eye_distance = math.dist(*eyes)
    errors = (max(math.dist(f.left_eye, eyes[0]), math.dist(f.right_eye, eyes[1])) / eye_distance for f in faces)
    return min(errors, default=math.inf)


@dataclass
class _Tally:
    """Of one way to look, scene by scene."""

    errors: list[float] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, faces: Sequence[FoundFace], scene: Scene, started: float) -> None:
        self.seconds.append(time.perf_counter() - started)
        self.errors.append(eye_error(faces, scene.eyes))
        self.others.append(sum(eye_error([face], scene.eyes) > 0.5 for face in faces))

    def figures(self, sides: Sequence[float]) -> dict[str, object]:
        error, side = np.array(self.errors), np.array(sides)
        near = error <= NEAR_ENOUGH
        return {
            "scenes": len(error),
            "eyes_within_a_tenth": round(float(near.mean()), 4),
            "by_side": {
                f"{a}-{b}": round(float(near[part].mean()), 4)
                for a, b in _RANGES
                if (part := (side >= a) & (side < b)).any()
            },
            "found": round(float((error < 0.5).mean()), 4),
            "error_median": round(float(np.median(error)), 4),
            "error_95th": round(float(np.quantile(error, 0.95)), 4),
            "other_faces_per_scene": round(float(np.mean(self.others)), 4),
            "seconds_median": round(float(np.median(self.seconds)), 3),
        }


def measure(finder: FaceFinder, made: Iterator[Scene]) -> tuple[dict[str, object], dict[str, object]]:
    """Figures over composed scenes of the detector alone, and of detector and eye locator together: shares of scenes,
    errors in eye distances, seconds.
    """
    alone, both, sides = _Tally(), _Tally(), []
    for scene in made:
        started = time.perf_counter()
        faces = finder.detect(scene.photo)
        alone.add(faces, scene, started)
        both.add(finder.refine(scene.photo, faces), scene, started)
        sides.append(scene.placement.side)
    return alone.figures(sides), both.figures(sides)


def seconds_of_a_large_photo(finder: FaceFinder, face: Image.Image, others: Sequence[Image.Image]) -> float:
    """How long a photo of 12 megapixels with one face takes: the median of five."""
    ground = _ground(others, (4000, 3000), np.random.default_rng(0))
    photo = _pasted(ground, face, Placement(1500.0, 1200.0, 500.0, 8.0))
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        finder.find(photo)
        seconds.append(time.perf_counter() - started)
    return round(float(np.median(seconds)), 3)
