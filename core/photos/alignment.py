"""From a photo to the square that a face model reads: a similarity that brings its eyes where they belong.

Coordinates of a photo are pixels, (x, y) from its upper left corner; the first pixel reaches from 0 to 1. Coordinates
of a square are fractions of its side. "Left" and "right" are as an upright picture shows them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.images import PictureError

Point = tuple[float, float]
SMALLEST, LARGEST = 8.0, 4.0  # side of a square: pixels at least, times the photo's longer side at most


@dataclass(frozen=True)
class FaceFrame:
    """Where a face model expects the eyes, as fractions of its square's side."""

    left_eye: Point
    right_eye: Point

    @classmethod
    def from_list(cls, eyes: object) -> FaceFrame:
        """``[left x, left y, right x, right y]`` as a checkpoint's config has it. Raises ``ValueError``."""
        values = list(eyes) if isinstance(eyes, list | tuple) else []
        if len(values) != 4 or not all(isinstance(v, int | float) and math.isfinite(v) for v in values):
            raise ValueError(f"Eyes are four numbers from 0 to 1, not {eyes!r}.")
        left, right = (float(values[0]), float(values[1])), (float(values[2]), float(values[3]))
        if math.dist(left, right) < 0.05:
            raise ValueError(f"The eyes {eyes!r} are too close together to align a face by.")
        return cls(left, right)


FACE_CROP = FaceFrame((0.368, 0.436), (0.628, 0.436))  # half-side 74 around (89, 121) of an aligned CelebA picture
CENTRE_SQUARE = FaceFrame((0.390, 0.514), (0.606, 0.514))  # the centre square, 178 wide, of the same picture


@dataclass(frozen=True)
class Placement:
    """A square laid over a photo: its centre and side in the photo's pixels, and how far it is turned clockwise."""

    x: float
    y: float
    side: float
    degrees: float = 0.0

    @classmethod
    def from_eyes(cls, left: Point, right: Point, frame: FaceFrame) -> Placement:
        """The square of a face whose eyes are at ``left`` and ``right`` in the photo."""
        eyes, wanted = _number(right) - _number(left), _number(frame.right_eye) - _number(frame.left_eye)
        if abs(eyes) < 1e-6:
            raise PictureError("The two eyes are in one place; a face cannot be aligned by them.")
        turn = eyes / wanted  # a complex number: how the square is enlarged and turned at once
        centre = _number(left) + turn * (0.5 + 0.5j - _number(frame.left_eye))
        return cls(centre.real, centre.imag, abs(turn), math.degrees(math.atan2(turn.imag, turn.real)))

    def to_photo(self, point: Point) -> Point:
        """A point of the square, in fractions of its side -> pixels of the photo."""
        there = complex(self.x, self.y) + self._turn * (_number(point) - (0.5 + 0.5j))
        return there.real, there.imag

    def eyes(self, frame: FaceFrame) -> tuple[Point, Point]:
        """Where the eyes are in the photo, left and right."""
        return self.to_photo(frame.left_eye), self.to_photo(frame.right_eye)

    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the turned square in the photo."""
        corners = [self.to_photo(corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
        columns, rows = [x for x, _ in corners], [y for _, y in corners]
        return min(columns), min(rows), max(columns), max(rows)

    def fractions(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """As a recipe keeps it, of a photo of (width, height): x by the width, y by the height, the side by the shorter
        of them, degrees.
        """
        return self.x / size[0], self.y / size[1], self.side / min(size), self.degrees

    def check(self, size: tuple[int, int]) -> Placement:
        """Itself, for a photo of (width, height). Raises ``PictureError`` where the square cannot be cut out."""
        values = (self.x, self.y, self.side, self.degrees)
        if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values):
            raise PictureError("A crop is four numbers: its centre, its side and its turn.")
        if not (0 <= self.x <= size[0] and 0 <= self.y <= size[1]):
            raise PictureError("The middle of the crop lies outside of the photo.")
        if not SMALLEST <= self.side <= LARGEST * max(size):
            raise PictureError(
                f"The side of the crop must be {SMALLEST:.0f} pixels or more, and not far beyond the photo."
            )
        return self

    @property
    def _turn(self) -> complex:
        angle = math.radians(self.degrees)
        return self.side * complex(math.cos(angle), math.sin(angle))


def centre_placement(size: tuple[int, int]) -> Placement:
    """The centre square of a photo of (width, height): where a crop begins when no face was found."""
    width, height = size
    return Placement(width / 2, height / 2, float(min(width, height)))


def align(photo: Image.Image, placement: Placement, size: int) -> Image.Image:
    """A whole photo -> the square under ``placement``, upright, RGB (size, size), antialiased.

    Beyond the photo its edge is drawn out. Only the part under the square is resampled, so memory stays small for any
    photo. Raises ``PictureError``.
    """
    placement.check(photo.size)
    scale = max(1.0, placement.side / size)  # pixels of the photo to one of the square; enlarging needs no filter
    box = _part(placement, photo.size, margin=3 * scale)
    small = photo.crop(box).convert("RGB")
    reduced = tuple(max(1, round((end - start) / scale)) for start, end in zip(box[:2], box[2:], strict=True))
    if reduced != small.size:
        small = small.resize(reduced, Image.Resampling.LANCZOS, reducing_gap=3.0)
    fits = (box[2] - box[0]) / small.width, (box[3] - box[1]) / small.height  # what rounding left of the scale
    left, top, right, bottom = placement.bounds()
    margins = (
        (box[0] - left) / fits[0],
        (box[1] - top) / fits[1],
        (right - box[2]) / fits[0],
        (bottom - box[3]) / fits[1],
    )
    pad = [max(0, math.ceil(margin)) + 3 for margin in margins]
    wide = np.pad(np.asarray(small), ((pad[1], pad[3]), (pad[0], pad[2]), (0, 0)), mode="edge")
    # A pixel of the square -> the photo -> the padded part.
    (x0, y0), (x1, y1), (x2, y2) = (placement.to_photo(corner) for corner in ((0, 0), (1, 0), (0, 1)))
    matrix = (
        (x1 - x0) / size / fits[0],
        (x2 - x0) / size / fits[0],
        (x0 - box[0]) / fits[0] + pad[0],
        (y1 - y0) / size / fits[1],
        (y2 - y0) / size / fits[1],
        (y0 - box[1]) / fits[1] + pad[1],
    )
    return Image.fromarray(wide).transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def fit_to(layers: np.ndarray, side: float) -> np.ndarray:
    """Layers of a square, float32 (S, S, L), made as small as ``side``, so that nothing aliases there; never larger."""
    size = max(1, round(side))
    if size >= len(layers):
        return layers
    made = (
        Image.fromarray(np.ascontiguousarray(layer)).resize((size, size), Image.Resampling.BICUBIC)
        for layer in np.moveaxis(layers, 2, 0)
    )
    return np.stack([np.asarray(layer) for layer in made], axis=2)


def lay_over(layers: np.ndarray, placement: Placement, box: tuple[int, int, int, int]) -> np.ndarray:
    """The other direction: layers of a square, float32 (S, S, L) -> (h, w, L) as they lie over a box (left, top, right,
    bottom) of the photo; 0 beyond the square.
    """
    size = len(layers)
    angle, scale = math.radians(placement.degrees), size / placement.side
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    x, y = box[0] - placement.x, box[1] - placement.y
    matrix = (cos, sin, cos * x + sin * y + size / 2, -sin, cos, -sin * x + cos * y + size / 2)
    shape = (box[2] - box[0], box[3] - box[1])
    made = (
        Image.fromarray(np.ascontiguousarray(layer)).transform(
            shape, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
        )
        for layer in np.moveaxis(layers, 2, 0)
    )
    return np.stack([np.asarray(layer) for layer in made], axis=2)


def _part(placement: Placement, size: tuple[int, int], margin: float) -> tuple[int, int, int, int]:
    """The pixels of the photo that the square needs; at least one."""
    left, top, right, bottom = placement.bounds()
    x0 = min(max(0, math.floor(left - margin)), size[0] - 1)
    y0 = min(max(0, math.floor(top - margin)), size[1] - 1)
    return (
        x0,
        y0,
        max(x0 + 1, min(size[0], math.ceil(right + margin))),
        max(y0 + 1, min(size[1], math.ceil(bottom + margin))),
    )


def _number(point: Point) -> complex:
    return complex(*point)
