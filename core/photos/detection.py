"""Faces in a whole photo: where they are, how large, and where their eyes are.

Two passes. The detector sees the photo made small, at two sizes, and says where faces are and roughly where their eyes.
The eye locator then sees each face upright and near, cut out of the photo at its own resolution.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
from PIL import Image, ImageOps

from core import checkpoints
from core.images import to_tensor
from core.photos.alignment import FACE_CROP, Placement, Point, align

if TYPE_CHECKING:
    from core.models import EyeLocator, FaceDetector

PARTS = ("detector", "eyes")
MOST = 64  # faces of one photo
SIDES = (1024, 320)  # longer side of the photo in the first pass; the small one is for faces that fill the photo
CLOSER = 2048  # longer side in a further pass where those found nothing: a face of 60 pixels in a large photo
THRESHOLD = 0.5
OVERLAP = 0.4  # of two boxes, intersection over union, from which they are one face
PASSES = 2  # of the eye locator: the second one starts from where the first found the eyes
FARTHEST = 0.5  # eye distances that the eye locator may move an eye; beyond, it found something else
NONE_FOUND = "No face was found in this photo. Move, enlarge and turn the crop until it shows one."


@dataclass(frozen=True)
class FoundFace:
    """One face of a photo, in its pixels."""

    box: tuple[float, float, float, float]  # left, top, right, bottom
    left_eye: Point
    right_eye: Point
    score: float  # 0..1

    @property
    def area(self) -> float:
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


class FaceFinder:
    """Detector and eye locator of one checkpoint root: loaded on first use, run by one thread at a time."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or checkpoints.root()
        self._lock = threading.Lock()
        self._networks: tuple[FaceDetector, EyeLocator] | None = None

    def missing(self) -> str | None:
        """A sentence with the command that makes the first missing checkpoint, or None when both are there."""
        return next(filter(None, (checkpoints.missing(self._root / part) for part in PARTS)), None)

    def require(self) -> None:
        """Raise ``CheckpointError`` with that sentence."""
        if problem := self.missing():
            raise checkpoints.CheckpointError(problem)

    def find(self, photo: Image.Image) -> tuple[FoundFace, ...]:
        """The faces of a photo, the largest first, at most :data:`MOST`, or none. Raises ``CheckpointError``."""
        return self.refine(photo, self.detect(photo))

    def detect(self, photo: Image.Image) -> list[FoundFace]:
        """The first pass: the faces of a photo, the surest first, with the detector's own eyes."""
        faces: list[FoundFace] = []
        longer = max(photo.size)
        for side in SIDES:
            if side == SIDES[0] or longer > side * 1.5:
                faces += self._detection_pass(photo, min(side, max(longer, 256)))
        if not faces and longer > SIDES[0] * 1.2:
            faces = self._detection_pass(photo, min(CLOSER, longer))
        return _distinct(faces)[:MOST]

    def refine(self, photo: Image.Image, faces: Sequence[FoundFace]) -> tuple[FoundFace, ...]:
        """The second pass: the same faces, the largest first, with the eyes that the locator sees."""
        return tuple(sorted(self._eye_pass(photo, faces), key=lambda face: -face.area)) if faces else ()

    def _detection_pass(self, photo: Image.Image, side: int) -> list[FoundFace]:
        """The photo with its longer side as ``side``, framed by a margin, because a face may fill it."""
        scale = side / max(photo.size)
        size = tuple(max(1, round(length * scale)) for length in photo.size)
        small = photo.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        margin = side // 8
        seen = ImageOps.expand(small, margin, (127, 127, 127))
        scales = photo.width / size[0], photo.height / size[1]

        def back(point: Point) -> Point:
            return (point[0] - margin) * scales[0], (point[1] - margin) * scales[1]

        return [_moved(face, back) for face in self._detect([seen])[0]]

    def _eye_pass(self, photo: Image.Image, faces: Sequence[FoundFace]) -> list[FoundFace]:
        """The same faces with eyes that were seen near; where that fails, with those that they had."""
        import torch

        locator = self._load()[1]
        side, reach = locator.config.side, locator.config.reach
        located = list(faces)
        for _ in range(PASSES):
            placements = [_near(face, photo.size, reach) for face in located]
            pixels = np.stack([np.asarray(align(photo, placement, side)) for placement in placements])
            with self._lock, torch.inference_mode():
                x = to_tensor(np.concatenate([pixels, pixels[:, :, ::-1]]))  # as they are, and mirrored
                seen, mirrored = locator(x.contiguous(memory_format=torch.channels_last)).chunk(2)
            back = torch.stack([1 - mirrored[..., 0], mirrored[..., 1]], dim=2).flip(1)
            points = ((seen + back) / 2).tolist()
            eyes = ([placement.to_photo(p) for p in pair] for placement, pair in zip(placements, points, strict=True))
            located = [
                replace(face, left_eye=left, right_eye=right) for face, (left, right) in zip(faces, eyes, strict=True)
            ]
        return [new if _moved_by(old, new) <= FARTHEST else old for old, new in zip(faces, located, strict=True)]

    def _load(self) -> tuple[FaceDetector, EyeLocator]:
        import torch

        from core.models import EyeLocator, FaceDetector

        with self._lock:
            if self._networks is None:
                found = [checkpoints.load_model(self._root / part) for part in PARTS]
                for model, wanted, part in zip(found, (FaceDetector, EyeLocator), PARTS, strict=True):
                    if not isinstance(model, wanted):
                        described = f"config.json describes a {type(model).__name__}, not a {wanted.__name__}."
                        raise checkpoints.CheckpointError(f"{part}: {described}")
                self._networks = tuple(model.to(memory_format=torch.channels_last) for model in found)
            return self._networks

    def _detect(self, pictures: Sequence[Image.Image]) -> list[list[FoundFace]]:
        """RGB pictures of one size -> the faces of each, in its pixels."""
        import torch

        from core.models.face_detector import MULTIPLE

        width, height = (math.ceil(length / MULTIPLE) * MULTIPLE for length in pictures[0].size)
        pixels = np.full((len(pictures), height, width, 3), 127, dtype=np.uint8)
        for row, picture in zip(pixels, pictures, strict=True):
            row[: picture.height, : picture.width] = np.asarray(picture)
        detector = self._load()[0]
        with self._lock, torch.inference_mode():
            x = to_tensor(pixels).contiguous(memory_format=torch.channels_last)
            heat, size, offset, landmarks = (part.float().numpy() for part in detector(x))
        return [_faces(*parts) for parts in zip(heat, size, offset, landmarks, strict=True)]


def finder_of(root: Path | None = None) -> FaceFinder:
    """The finder of a checkpoint root: one per process, for as long as it is used."""
    path = (root or checkpoints.root()).resolve()
    with _GUARD:
        finder = _FINDERS.get(path)
        if finder is None:
            finder = _FINDERS[path] = FaceFinder(path)
        return finder


_GUARD = threading.Lock()
_FINDERS: WeakValueDictionary[Path, FaceFinder] = WeakValueDictionary()


def _faces(heat: np.ndarray, size: np.ndarray, offset: np.ndarray, landmarks: np.ndarray) -> list[FoundFace]:
    """One picture's cells, each (C, H/4, W/4) -> its faces in pixels, the surest of those that overlap."""
    from core.models.face_detector import STRIDE

    faces = []
    for row, column in np.argwhere(heat[0] > THRESHOLD):
        height, width = np.exp(np.clip(size[:, row, column], -5, 8)) * STRIDE
        middle = np.array([row, column]) + 0.5 + offset[:, row, column]
        top, left = middle * STRIDE - (height / 2, width / 2)
        marks = landmarks[:, row, column].reshape(-1, 2) * (height, width) + (top, left)  # (5, 2): down, right
        eyes = [(float(x), float(y)) for y, x in marks[:2]]
        box = (float(left), float(top), float(left + width), float(top + height))
        faces.append(FoundFace(box, *eyes, float(heat[0, row, column])))
    return _distinct(faces)


def _distinct(faces: Sequence[FoundFace]) -> list[FoundFace]:
    """The surest first; of boxes that overlap, that one alone."""
    kept: list[FoundFace] = []
    for face in sorted(faces, key=lambda one: -one.score):
        if math.dist(face.left_eye, face.right_eye) > 1 and all(_overlap(face, other) < OVERLAP for other in kept):
            kept.append(face)
    return kept


def _overlap(one: FoundFace, other: FoundFace) -> float:
    """Intersection over the smaller box: a box within another is the same face, too."""
    width = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return max(shared / (one.area + other.area - shared), 0.5 * shared / min(one.area, other.area))


def _near(face: FoundFace, size: tuple[int, int], reach: float) -> Placement:
    """The square that the eye locator sees: upright about the face, its middle held inside of the photo."""
    placement = Placement.from_eyes(face.left_eye, face.right_eye, FACE_CROP)
    side = max(placement.side, 0.8 * math.sqrt(face.area))  # in profile the eyes are close together
    x, y = min(max(placement.x, 0.0), size[0]), min(max(placement.y, 0.0), size[1])
    return replace(placement, x=x, y=y, side=min(max(side * reach, 16.0), 4.0 * max(size)))


def _moved_by(old: FoundFace, new: FoundFace) -> float:
    """How far the eye that moved more did, in the old eye distances."""
    moved = max(math.dist(old.left_eye, new.left_eye), math.dist(old.right_eye, new.right_eye))
    return moved / max(math.dist(old.left_eye, old.right_eye), 0.2 * math.sqrt(old.area))


def _moved(face: FoundFace, back: Callable[[Point], Point]) -> FoundFace:
    """The face with its points carried over."""
    left, top = back(face.box[:2])
    right, bottom = back(face.box[2:])
    return replace(face, box=(left, top, right, bottom), left_eye=back(face.left_eye), right_eye=back(face.right_eye))
