"""Faces found in whole photos by the shipped detector, on a portrait that an installed package brings along."""

from __future__ import annotations

import io
import math
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from core.checkpoints import CheckpointError
from core.evaluation.face_detection import eye_error, measure, scenes
from core.images import PictureError, open_picture
from core.models import EyeLocator
from core.photos.alignment import FACE_CROP, Placement, align
from core.photos.detection import MOST, FaceFinder
from core.photos.squares import FaceAligner, locate_faces
from core.stylize import render
from core.training.eyes import eye_distances, views

EYES = ((204.0, 101.0), (246.5, 103.2))  # of the portrait, by eye


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


def crop(portrait: Image.Image) -> Image.Image:
    return align(portrait, Placement.from_eyes(*EYES, FACE_CROP), 148)


def test_the_face_of_a_portrait_is_found(finder, portrait):
    (face,) = finder.find(portrait)
    assert eye_error([face], EYES) < 0.15
    left, top, right, bottom = face.box
    assert left < EYES[0][0] < EYES[1][0] < right and top < EYES[0][1] < bottom


@pytest.mark.parametrize(("degrees", "width"), [(20, 512), (-25, 1500), (0, 4000), (0, 200)])
def test_eyes_follow_the_photo(finder, portrait, degrees, width):
    """Turned and resized: the same eyes, within a tenth of their distance."""
    (face,) = finder.find(portrait)
    other = portrait.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(90, 80, 70)).resize((width, width))
    cos, sin, scale = math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), width / 512

    def turned(point):
        x, y = point[0] - 256, point[1] - 256
        return ((cos * x + sin * y + 256) * scale, (cos * y - sin * x + 256) * scale)

    assert eye_error(finder.find(other), (turned(face.left_eye), turned(face.right_eye))) < 0.1


def test_scenes_have_their_face_where_they_say(portrait):
    ground = Image.new("RGB", (64, 64), (10, 200, 30))
    marked = Image.new("RGB", (148, 148), (0, 0, 0))
    for x, y in (FACE_CROP.left_eye, FACE_CROP.right_eye):
        marked.paste((255, 0, 0), (int(148 * x) - 4, int(148 * y) - 4, int(148 * x) + 5, int(148 * y) + 5))
    made = list(scenes([marked], [ground], 12))
    assert made[0].photo.tobytes() == next(scenes([marked], [ground], 1)).photo.tobytes()
    for scene in made:
        assert 60 <= scene.placement.side <= 600 and abs(scene.placement.degrees) <= 25
        for x, y in scene.eyes:
            red, green, _ = scene.photo.getpixel((round(x - 0.5), round(y - 0.5)))
            assert red > 150 and green < 60


def test_scenes_are_measured(finder, portrait):
    grounds = [Image.effect_noise((64, 64), 60).convert("RGB")]
    alone, figures = measure(finder, scenes([crop(portrait)], grounds, 4))
    assert figures["scenes"] == alone["scenes"] == 4 and figures["found"] == 1.0
    assert figures["error_median"] < 0.15 and alone["found"] >= 0.5 and figures["error_median"] != alone["error_median"]


@pytest.mark.parametrize(
    "photo",
    [
        Image.new("RGB", (640, 480), (120, 130, 140)),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (3000, 20), (200, 0, 0)),
        Image.effect_noise((500, 400), 90).convert("RGB"),
    ],
    ids=["plain", "one pixel", "a strip", "noise"],
)
def test_where_there_is_no_face_none_is_found(finder, photo):
    assert finder.find(photo) == ()
    with pytest.raises(PictureError, match="No face was found"):
        FaceAligner(finder, FACE_CROP).square(photo, 64)


@pytest.mark.parametrize("corner", [(0, 0), (3640, 2640)], ids=["top left", "bottom right"])
def test_a_face_in_the_corner_of_a_large_photo(finder, portrait, corner):
    photo = Image.new("RGB", (4000, 3000), (70, 90, 110))
    photo.paste(crop(portrait).resize((360, 360)), corner)
    eyes = tuple((corner[0] + 360 * u, corner[1] + 360 * v) for u, v in (FACE_CROP.left_eye, FACE_CROP.right_eye))
    assert eye_error(finder.find(photo), eyes) < 0.2


def test_fifty_faces_of_one_picture(finder, portrait):
    face = crop(portrait).resize((90, 90))
    crowd = Image.new("RGB", (1200, 600), (70, 90, 110))
    places = [(15 + 118 * column, 12 + 118 * row) for column in range(10) for row in range(5)]
    for place in places:
        crowd.paste(face, place)
    faces = finder.find(crowd)
    hits = 0
    for x, y in places:
        eyes = tuple((x + 90 * u, y + 90 * v) for u, v in (FACE_CROP.left_eye, FACE_CROP.right_eye))
        hits += eye_error(faces, eyes) < 0.2
    assert hits >= 47 and len(faces) <= 52 <= MOST


def test_a_face_at_the_border_and_one_without_colour(finder, portrait):
    half = portrait.crop((190, 40, 512, 512))  # the left eye is 13 pixels from the edge
    assert eye_error(finder.find(half), tuple((x - 190, y - 40) for x, y in EYES)) < 0.35
    assert eye_error(finder.find(portrait.convert("L")), EYES) < 0.2


# --- photos as people bring them --------------------------------------------------------------------------------------


def brought(picture: Image.Image, kind: str = "JPEG", **options) -> Image.Image:
    """The picture as a file, opened as every tab opens it."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return open_picture(file.getvalue())


def test_a_phone_that_was_turned(finder, portrait):
    """The pixels lie on their side and EXIF says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = brought(portrait.transpose(Image.Transpose.ROTATE_90), exif=exif)
    assert eye_error(finder.find(photo), EYES) < 0.15


def test_grey_photos_of_8_and_16_bits(finder, portrait):
    grey = portrait.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    for photo in (brought(grey), brought(deep, "PNG")):
        assert photo.mode == "RGB" and eye_error(finder.find(photo), EYES) < 0.2


def test_a_masked_face(finder, portrait):
    masked = portrait.copy()
    ImageDraw.Draw(masked).polygon([(196, 122), (258, 122), (254, 152), (228, 170), (204, 152)], fill=(120, 170, 200))
    assert eye_error(finder.find(masked), EYES) < 0.3


def test_half_a_face_behind_a_wall_is_a_square_in_the_photo_or_none(finder, portrait):
    hidden = portrait.copy()
    hidden.paste((90, 60, 50), (226, 0, 512, 512))
    for face in locate_faces(finder, hidden, FACE_CROP):
        assert align(hidden, face.placement, 64).size == (64, 64)
        assert math.dist(face.placement.eyes(FACE_CROP)[0], EYES[0]) < math.dist(*EYES)


@pytest.mark.parametrize("side", [12, 30, 60])
def test_a_tiny_face_is_found_right_or_not_at_all(finder, portrait, side):
    photo = Image.new("RGB", (1600, 1200), (90, 110, 130))
    photo.paste(crop(portrait).resize((side, side), Image.Resampling.LANCZOS), (1100, 300))
    faces = finder.find(photo)
    eyes = tuple((1100 + side * u, 300 + side * v) for u, v in (FACE_CROP.left_eye, FACE_CROP.right_eye))
    assert len(faces) <= 1 and all(eye_error([face], eyes) < 0.35 for face in faces)
    assert faces or side < 60


@pytest.mark.parametrize("look", ["pencil", "woodcut"])
def test_a_drawing_of_a_face_is_a_face_or_none(finder, portrait, look):
    drawing = Image.fromarray(render(np.asarray(portrait.resize((256, 256))), look))
    for face in finder.find(drawing):
        assert eye_error([face], tuple((x / 2, y / 2) for x, y in EYES)) < 0.3


def test_a_photo_of_60_megapixels(finder, portrait):
    """A face in it is found, and beside the photo little memory is taken."""
    large = Image.new("RGB", (10_000, 6_000), (90, 110, 130))
    large.paste(portrait.resize((3000, 3000)), (5_000, 1_500))
    photo = brought(large, quality=70)
    tracemalloc.start()
    faces = finder.find(photo)
    peak = tracemalloc.get_traced_memory()[1]  # numpy's arrays; torch sees at most 2,048 pixels a side
    tracemalloc.stop()
    eyes = tuple((5_000 + x * 3000 / 512, 1_500 + y * 3000 / 512) for x, y in EYES)
    assert eye_error(faces, eyes) < 0.15 and peak < 100 * 2**20


def test_the_larger_face_comes_first_and_becomes_the_square(finder, portrait):
    wide = Image.new("RGB", (900, 512), (60, 60, 60))
    wide.paste(portrait.resize((256, 256)), (600, 200))
    wide.paste(portrait, (0, 0))
    first, second = locate_faces(finder, wide, FACE_CROP)
    assert first.placement.side == pytest.approx(2 * second.placement.side, rel=0.1)
    assert first.placement.x < 400 < 600 < second.placement.x
    square = FaceAligner(finder, FACE_CROP).square(wide, 64)
    assert square.tobytes() == align(wide, first.placement, 64).tobytes()
    assert math.dist(first.placement.eyes(FACE_CROP)[0], EYES[0]) < 0.2 * math.dist(*EYES)


def test_missing_and_wrong_weights_are_named(tmp_path):
    finder = FaceFinder(tmp_path)
    assert "import_detector" in finder.missing()
    with pytest.raises(CheckpointError, match="detector"):
        finder.find(Image.new("RGB", (64, 64)))


def test_a_measured_bias_of_the_eyes_is_taken_away():
    torch.manual_seed(0)
    plain = EyeLocator(widths=(4, 4, 4)).eval()
    spread = EyeLocator(widths=(4, 4, 4), spread=1.5, rise=0.25).eval()
    spread.load_state_dict(plain.state_dict())
    x = torch.randn(5, 3, 96, 96)
    with torch.no_grad():
        before, after = plain(x), spread(x)
    eyes, moved = before[:, 1] - before[:, 0], after.mean(dim=1) - before.mean(dim=1)
    torch.testing.assert_close(after[:, 1] - after[:, 0], 1.5 * eyes)
    torch.testing.assert_close(moved, 0.25 * torch.stack([eyes[:, 1], -eyes[:, 0]], dim=1))  # upwards, if upright


def test_views_know_where_the_eyes_went():
    """A crop that is black but for white eyes: the brightest places of every view are where the eyes are said to be."""
    torch = pytest.importorskip("torch")
    crops = torch.full((16, 3, 80, 80), -1.0)
    for x, y in (FACE_CROP.left_eye, FACE_CROP.right_eye):
        crops[:, :, round(80 * y) - 2 : round(80 * y) + 2, round(80 * x) - 2 : round(80 * x) + 2] = 1.0
    x, eyes = views(crops, crops.clone().fill_(-1.0), 96, 1.5, torch.Generator().manual_seed(0))
    bright = x.mean(dim=1)
    for picture, points in zip(bright, eyes, strict=True):
        assert points[0, 0] < points[1, 0]  # left is left, mirrored or not
        for across, down in points:
            column, row = int(across * 96), int(down * 96)
            near = picture[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].mean()
            assert near > picture.median() + 0.2
    assert eye_distances(eyes, eyes, 1.5).max() < 1e-3


def test_views_do_not_tell_the_eyes_by_their_border():
    """Plain crops on black: how large the crop shows says little of how far apart the eyes are, and where it lies
    little of where they are.
    """
    torch = pytest.importorskip("torch")
    crops = torch.ones(256, 3, 80, 80)
    x, eyes = views(crops, -crops, 96, 1.5, torch.Generator().manual_seed(3))
    shown = ((x - x.amin(dim=(1, 2, 3), keepdim=True)).mean(dim=1) > 0.5).float()  # (N, S, S): the crop, recoloured
    share = shown.mean(dim=(1, 2))
    bordered = (share > 0.05) & (share < 0.9)
    assert bordered.sum() > 60
    apart = (eyes[:, 1] - eyes[:, 0]).norm(dim=1)
    size = (share.sqrt() / apart)[bordered]
    assert size.std() / size.mean() > 0.05
    places = (torch.arange(96) + 0.5) / 96
    across = (shown.sum(dim=1) @ places / shown.sum(dim=(1, 2)))[bordered]
    offset = (across - eyes[bordered].mean(dim=1)[:, 0]) / apart[bordered]
    assert offset.std() > 0.1
