"""The nine renderings: pure, seeded, clearly different from the picture and from each other, for any size."""

import time

import numpy as np
import pytest
from scipy import ndimage

from core.stylize import NAMES, TITLES, render


def face(size=(64, 64), seed=0) -> np.ndarray:
    """Ovals on a gradient: tones, edges and two colours, as uint8 (H, W, 3)."""
    height, width = size
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    pixels = np.stack([90 + 60 * rows, 120 + 40 * columns, np.full(size, 150.0)], axis=-1)
    pixels[(rows / 0.85) ** 2 + (columns / 0.62) ** 2 < 1] = (70, 45, 30)
    inside = (rows / 0.62) ** 2 + (columns / 0.48) ** 2 < 1
    pixels[inside] = np.stack([225 - 40 * columns, 180 - 40 * columns, 150 - 30 * columns], axis=-1)[inside]
    for x in (-0.2, 0.2):
        pixels[(rows + 0.15) ** 2 + ((columns - x) / 1.4) ** 2 < 0.005] = 30
    pixels[(np.abs(rows - 0.3) < 0.04) & (np.abs(columns) < 0.2)] = (150, 40, 50)
    noise = np.random.default_rng(seed).normal(0, 4, pixels.shape)
    return ndimage.gaussian_filter(pixels + noise, (0.6, 0.6, 0)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_a_rendering_is_a_pure_function_of_picture_name_and_seed(name):
    picture = face()
    before = picture.tobytes()
    state = np.random.get_state()[1].tobytes()
    first = render(picture, name, 3)
    assert first.dtype == np.uint8 and first.shape == picture.shape
    assert render(picture, name, 3).tobytes() == first.tobytes()
    assert picture.tobytes() == before and np.random.get_state()[1].tobytes() == state
    assert np.abs(first.astype(int) - picture).mean() > 6


def test_the_nine_differ_from_each_other_more_than_a_style_from_itself():
    shown = {name: [render(face(seed=s), name, s).astype(float) for s in (1, 2)] for name in NAMES}
    for one in NAMES:
        own = np.abs(shown[one][0] - shown[one][1]).mean()
        for other in NAMES:
            assert one == other or np.abs(shown[one][0] - shown[other][1]).mean() > 1.3 * own


@pytest.mark.parametrize("name", NAMES)
def test_the_layout_of_the_face_survives(name):
    """Blurred tone of the rendering goes with that of the picture, where it is neither hatched away nor a border."""
    picture = face()
    tones = [
        ndimage.gaussian_filter(p.astype(float) @ (0.3, 0.6, 0.1), 3)[8:-8, 8:-8]
        for p in (picture, render(picture, name))
    ]
    assert np.corrcoef(tones[0].ravel(), tones[1].ravel())[0, 1] > 0.75


@pytest.mark.parametrize("size", [(96, 40), (1, 1), (200, 256), (7, 64)])
def test_any_size_comes_back_as_it_went_in(size):
    for name in NAMES:
        assert render(face(size), name).shape == (*size, 3)


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_picture_has_no_holes(level):
    for name in NAMES:
        assert render(np.full((32, 32, 3), level, np.uint8), name).shape == (32, 32, 3)


def test_what_is_no_picture_or_no_style_is_refused():
    with pytest.raises(ValueError, match="Unknown rendering"):
        render(face(), "cubism")
    for wrong in (face().astype(float), face()[..., 0], np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(ValueError, match="uint8"):
            render(wrong, "oil")


def test_a_thousand_pictures_take_less_than_a_minute():
    picture = face()
    for name in NAMES:
        render(picture, name)
        started = time.process_time()
        for seed in range(4):
            render(picture, name, seed)
        assert (time.process_time() - started) / 4 < 0.06, name


def test_every_style_has_a_title():
    assert set(TITLES) == set(NAMES) and len(NAMES) == 9
