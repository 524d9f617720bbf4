"""The faces of a photo as squares that one face model reads: what every tab calls that takes a person's own photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core import checkpoints
from core.photos.alignment import CENTRE_SQUARE, FACE_CROP, FaceFrame, Placement, align
from core.photos.detection import FaceFinder


@dataclass(frozen=True)
class LocatedFace:
    """A face of a photo: its box in the photo's pixels, and the square that brings it into a model's frame."""

    box: tuple[float, float, float, float]  # left, top, right, bottom
    placement: Placement
    score: float  # 0..1, how sure the detector is


def frame_of(folder: Path, size: int) -> FaceFrame:
    """The frame of a face model of ``size`` pixels: the ``eyes`` of its ``config.json``, else by what it learned from.

    Above 64 pixels that is the face crop of CelebA's pictures, up to there their centre square, as they are loaded for
    training. Raises ``CheckpointError``.
    """
    config = checkpoints.read_json(folder / "config.json")
    if config.get("eyes") is None:
        return FACE_CROP if size > 64 else CENTRE_SQUARE
    try:
        return FaceFrame.from_list(config["eyes"])
    except ValueError as error:
        raise checkpoints.CheckpointError(f"{folder.name}/config.json: {error}") from error


def locate_faces(finder: FaceFinder, photo: Image.Image, frame: FaceFrame) -> tuple[LocatedFace, ...]:
    """The faces of a photo in a model's frame, the largest first; none is no error. Raises ``CheckpointError``."""
    located = []
    for face in finder.find(photo):
        placement = Placement.from_eyes(face.left_eye, face.right_eye, frame)
        if 0 <= placement.x <= photo.width and 0 <= placement.y <= photo.height:
            located.append(LocatedFace(face.box, placement, face.score))
    return tuple(located)


def align_largest(finder: FaceFinder, photo: Image.Image, frame: FaceFrame, size: int) -> Image.Image | None:
    """The largest face of a photo as an upright square (size, size); None where no face was found."""
    faces = locate_faces(finder, photo, frame)
    return align(photo, faces[0].placement, size) if faces else None
