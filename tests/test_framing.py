"""Portraits of two framings: the zoom between them is found, and carries pictures there and back."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.data.framing import Framing, find_framing, step_back, step_near


def portraits(count: int, seed: int) -> np.ndarray:
    """Heads of one place and size on grounds of many colours."""
    random, drawn = np.random.default_rng(seed), []
    for _ in range(count):
        image = Image.new("RGB", (64, 64), tuple(random.integers(60, 200, 3).tolist()))
        pen = ImageDraw.Draw(image)
        pen.ellipse((19, 16, 45, 56), fill=tuple(random.integers(150, 250, 3).tolist()))
        for x in (25, 36):
            pen.ellipse((x, 30, x + 4, 33), fill=(20, 20, 20))
        pen.rectangle((27, 46, 37, 48), fill=(120, 20, 20))
        drawn.append(np.asarray(image))
    return np.stack(drawn)


@pytest.mark.parametrize("framing", [Framing(1.5, 0.15), Framing(1.75, 0.275), Framing()])
def test_the_framing_of_a_set_is_found(framing):
    found = find_framing(step_near(portraits(24, 1), framing), portraits(24, 2))
    assert abs(found.zoom - framing.zoom) <= 0.1 and abs(found.below - framing.below) <= 0.05


def test_near_and_back_keeps_what_both_frames_show():
    far, framing = portraits(4, 3), Framing(1.75, 0.275)
    there_and_back = step_back(step_near(far, framing), framing).astype(int)
    assert there_and_back.shape == far.shape
    changed = np.abs(there_and_back - far).mean(axis=(0, 3))
    middle = int(32 * (1 + framing.below))
    assert changed[middle - 15 : middle + 15, 17:47].mean() < 6, "the window itself is only smoothed"
    assert np.array_equal(step_near(far, Framing()), far) and np.array_equal(step_back(far, Framing()), far)


def test_a_framing_on_file_is_two_numbers_or_none():
    assert Framing.of([1.75, 0.275]) == Framing(1.75, 0.275)
    for wrong in (None, [], [2.0], "12", [float("nan"), 0.0], ["1", 2], {"zoom": 2}):
        assert Framing.of(wrong) == Framing()
    assert Framing.of([1e9, -7]) == Framing(4.0, -1.0)
    assert Framing(1.69, 0.2).partly(0.5) == Framing(1.3, 0.1)
    assert Framing(1.69, 0.2).partly(1.5) == Framing(1.69, 0.2) and Framing(1.69, 0.2).partly(-1) == Framing()
