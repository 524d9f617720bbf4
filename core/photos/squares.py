"""The faces of a photo as squares that one face model reads: what every tab calls that takes a person's own photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core import checkpoints
from core.images import PictureError
from core.photos.alignment import CENTRE_SQUARE, FACE_CROP, FaceFrame, Placement, align
from core.photos.detection import FaceFinder, finder_of

READ_SIDE = 1536  # pixels: shorter side of a photo that is opened to be aligned; small faces of groups are still found
LEAST_SIDE = 64  # pixels of an aligned square
NO_FACE = "No face was found in it. Without aligning, its centre square is taken."


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


@dataclass(frozen=True)
class FaceAligner:
    """What "align faces" means in every tab and command: the largest face of a photo in the frame of one model."""

    finder: FaceFinder
    frame: FaceFrame

    @classmethod
    def for_model(cls, folder: Path, size: int) -> FaceAligner:
        """For a checkpoint folder that sees ``size`` pixels. Raises ``CheckpointError`` without a face detector."""
        finder = finder_of(folder.parent)
        finder.require()
        return cls(finder, frame_of(folder, size))

    def square(self, photo: Image.Image, most: int) -> Image.Image:
        """The upright square of the largest face, RGB, as large as in the photo but from 64 to ``most`` pixels.

        Raises ``PictureError`` where no face is found.
        """
        faces = locate_faces(self.finder, photo, self.frame)
        if not faces:
            raise PictureError(NO_FACE)
        placement = faces[0].placement
        return align(photo, placement, min(most, max(LEAST_SIDE, round(placement.side))))
