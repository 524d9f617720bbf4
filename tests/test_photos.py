"""Whole photos: a face laid straight into a square, and what changed in the square put back into the photo."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from core import checkpoints
from core.images import PictureError
from core.photos.alignment import CENTRE_SQUARE, FACE_CROP, FaceFrame, Placement, align, centre_placement
from core.photos.compositing import put_back
from core.photos.squares import frame_of


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right and green downwards, so that a pixel tells where it was."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    pixels = np.stack([255 * x / width, 255 * y / height, np.full_like(x, 128)], axis=2)
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("frame", [FACE_CROP, CENTRE_SQUARE])
@pytest.mark.parametrize("degrees", [0, 25, -70, 180])
def test_eyes_come_to_lie_where_the_frame_has_them(frame, degrees):
    angle = math.radians(degrees)
    left = (300.0, 200.0)
    right = (300 + 50 * math.cos(angle), 200 + 50 * math.sin(angle))
    placement = Placement.from_eyes(left, right, frame)
    assert placement.degrees == pytest.approx(degrees, abs=0.2)  # the frames' own eyes are level
    assert np.allclose(placement.eyes(frame), (left, right))
    assert placement.side == pytest.approx(50 / (frame.right_eye[0] - frame.left_eye[0]))


def test_the_two_frames_show_one_picture():
    """Both are squares of CelebA's aligned picture, 178x218, about its eyes at (69.46, 111.5) and (107.94, 111.5)."""
    eyes = (69.46, 111.53), (107.94, 111.53)
    crop, centre = (Placement.from_eyes(*eyes, frame) for frame in (FACE_CROP, CENTRE_SQUARE))
    assert (crop.x, crop.y, crop.side) == pytest.approx((89, 121, 148), abs=0.3)
    assert (centre.x, centre.y, centre.side) == pytest.approx((89, 109, 178), abs=0.6)


@pytest.mark.parametrize("side,size", [(400.0, 64), (64.0, 64), (30.0, 64)])
def test_a_square_shows_what_lies_under_it(side, size):
    photo = gradient(800, 600)
    placement = Placement(410, 290, side, 20)
    square = np.asarray(align(photo, placement, size)).astype(float)
    for u, v in ((0.25, 0.25), (0.5, 0.5), (0.75, 0.3)):
        x, y = placement.to_photo(((int(u * size) + 0.5) / size, (int(v * size) + 0.5) / size))
        red, green, _ = square[int(v * size), int(u * size)]
        assert red == pytest.approx(255 * x / 800, abs=1.5)
        assert green == pytest.approx(255 * y / 600, abs=1.5)


def test_beyond_the_photo_its_edge_is_drawn_out():
    square = np.asarray(align(gradient(200, 200), Placement(0, 100, 100), 50))
    assert (square[:, :20, 0] <= 2).all()  # the photo's left edge is black in red
    assert square[25, 45, 0] > 40


def test_a_square_far_smaller_than_its_face_is_antialiased():
    stripes = np.zeros((1024, 1024, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    square = np.asarray(align(Image.fromarray(stripes), Placement(512, 512, 900, 10), 32)).astype(int)
    assert abs(square - 127).max() < 12


@pytest.mark.parametrize(
    "placement",
    [
        Placement(-1, 50, 40),
        Placement(50, 101, 40),
        Placement(50, 50, 3),
        Placement(50, 50, 4000),
        Placement(50, 50, math.nan),
        Placement(50, 50, 40, math.inf),
    ],
)
def test_a_crop_that_makes_no_sense_is_refused_with_a_sentence(placement):
    with pytest.raises(PictureError, match=r"crop"):
        align(Image.new("RGB", (100, 100)), placement, 32)


def test_eyes_in_one_place_are_refused():
    with pytest.raises(PictureError, match="one place"):
        Placement.from_eyes((5, 5), (5, 5), FACE_CROP)


def test_without_a_change_the_photo_stays_bit_for_bit():
    photo = noise(501, 333)
    square = np.asarray(align(photo, Placement(200, 150, 220, 17), 64))
    assert (np.asarray(put_back(photo, Placement(200, 150, 220, 17), square, square)) == np.asarray(photo)).all()


@pytest.mark.parametrize("side,degrees", [(220.0, 17.0), (40.0, -20.0), (300.0, 0.0)])
def test_a_change_stays_where_it_was_made(side, degrees):
    """A brighter spot right of the middle: the photo is brighter there, and the same everywhere else."""
    photo, placement = noise(500, 400), Placement(230, 190, side, degrees)
    before = np.full((64, 64, 3), 100, dtype=np.uint8)
    after = before.copy()
    after[28:36, 40:48] = 130
    result = put_back(photo, placement, before, after)
    old, new = np.asarray(photo).astype(int), np.asarray(result).astype(int)
    changed = np.argwhere((old != new).any(axis=2)) + 0.5
    x, y = placement.to_photo((44 / 64, 32 / 64))
    assert len(changed) > 10
    reach = 14 * side / 64 + 1
    assert (np.abs(changed - (y, x)).max(axis=1) <= reach).all()
    # Full strength in the middle, but for what white pixels cannot show; the photo's own detail is still there.
    row, column = int(y), int(x)
    around = (slice(row - 1, row + 2), slice(column - 1, column + 2))
    assert np.abs(new[around] - np.minimum(old[around] + 30, 255)).max() <= 6
    assert result.size == photo.size


def test_a_change_is_put_back_whole_however_small_the_face_is():
    """Only the box of the change is worked on: what lies in it is what the whole square would give."""
    photo, before = noise(300, 300), np.full((128, 128, 3), 90, dtype=np.uint8)
    after = before.copy()
    after[60:64, 40:44] = 140
    for side, degrees in ((16.0, 30.0), (60.0, -20.0), (200.0, 5.0)):
        placement = Placement(150, 150, side, degrees)
        new = np.asarray(put_back(photo, placement, before, after)).astype(int)
        change = new - np.asarray(photo)
        rows, columns = np.nonzero(change.any(axis=2))
        assert len(rows), side
        x, y = placement.to_photo((42 / 128, 62 / 128))
        assert abs(rows.mean() + 0.5 - y) < 0.05 * side + 1 and abs(columns.mean() + 0.5 - x) < 0.05 * side + 1
    elsewhere = put_back(photo, Placement(2, 150, 200), before, np.roll(after, -30, axis=1))
    assert (np.asarray(elsewhere) == np.asarray(photo)).all(), "the change lies beyond the photo"


def test_a_change_of_the_whole_square_fades_towards_its_edge():
    photo = Image.new("RGB", (400, 400), (60, 60, 60))
    before, after = (np.full((64, 64, 3), level, dtype=np.uint8) for level in (60, 90))
    new = np.asarray(put_back(photo, Placement(200, 200, 200), before, after)).astype(int)[..., 0]
    assert new[200, 200] == 90
    row = new[200, 95:205]
    assert (np.diff(row) >= 0).all() and np.diff(row).max() <= 4  # no seam
    assert (new[:98] == 60).all() and (new[:, :98] == 60).all()


def test_where_much_changes_the_photos_detail_gives_way():
    """Glasses that are taken off leave no outline: where the model draws something else, its picture is shown."""
    photo = noise(300, 300)
    before, after = (np.full((64, 64, 3), level, dtype=np.uint8) for level in (40, 200))
    new = np.asarray(put_back(photo, Placement(150, 150, 200), before, after)).astype(int)
    assert np.abs(new[140:160, 140:160] - 200).max() <= 2


def test_a_square_across_the_border_changes_what_is_inside():
    photo = Image.new("RGB", (100, 80), (50, 50, 50))
    before, after = (np.full((32, 32, 3), level, dtype=np.uint8) for level in (50, 80))
    new = np.asarray(put_back(photo, Placement(98, 2, 60, 30), before, after))
    assert new.shape == (80, 100, 3)
    assert new[2, 97, 0] == 80 and (new[:, :40] == 50).all()


def test_a_grey_photo_becomes_coloured_only_by_the_change():
    photo = Image.new("L", (120, 120), 90)
    before = np.full((32, 32, 3), 90, dtype=np.uint8)
    after = before.copy()
    after[10:22, 10:22, 0] = 120
    result = put_back(photo, Placement(60, 60, 100), before, after)
    assert result.mode == "RGB" and result.getpixel((60, 60)) == (120, 90, 90)
    assert result.getpixel((2, 2)) == (90, 90, 90)


def test_a_photo_of_60_megapixels_takes_bounded_memory():
    """The photo is held twice, once changed; everything else is a band of it."""
    photo = Image.new("RGB", (10_000, 6_000), (90, 90, 90))
    before, after = (np.full((128, 128, 3), level, dtype=np.uint8) for level in (90, 100))
    placement = Placement(5_000, 3_000, 2_600, 12)
    tracemalloc.start()
    square = align(photo, placement, 128)
    result = put_back(photo, placement, before, after)
    peak = tracemalloc.get_traced_memory()[1]  # numpy's arrays; pillow's two photos are 480 MB
    tracemalloc.stop()
    assert square.getpixel((64, 64)) == (90, 90, 90)
    assert result.getpixel((5_000, 3_000)) == (100, 100, 100) and result.getpixel((10, 10)) == (90, 90, 90)
    assert peak < 400 * 2**20


def test_a_crop_begins_in_the_middle_of_the_photo():
    assert centre_placement((300, 200)) == Placement(150, 100, 200)


def test_a_model_names_its_frame(tmp_path):
    def written(config: dict) -> FaceFrame:
        checkpoints.write_json(tmp_path / "config.json", config)
        return frame_of(tmp_path, 64)

    assert written({}) == CENTRE_SQUARE and frame_of(tmp_path, 128) == FACE_CROP
    assert written({"eyes": [0.3, 0.4, 0.7, 0.4]}) == FaceFrame((0.3, 0.4), (0.7, 0.4))
    for wrong in ([0.3, 0.4], "left", [0.3, 0.4, 0.3, 0.4], [0.3, None, 0.7, 0.4]):
        with pytest.raises(checkpoints.CheckpointError, match=r"config\.json"):
            written({"eyes": wrong})
