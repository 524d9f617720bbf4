"""Pictures become squares, arrays and tensors, and come back."""

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_pictures import smooth

from core.images import PictureError, crop_square, to_images, to_pixels, to_tensor, to_uint8


@pytest.mark.parametrize(
    ("size", "box"),
    [((178, 218), (0, 20, 178, 198)), ((89, 109), (0, 10, 89, 99)), ((30, 9), (10, 0, 19, 9)), ((7, 7), (0, 0, 7, 7))],
)
def test_crop_square_is_the_centre(size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    picture = smooth(*size)
    assert np.array_equal(np.asarray(crop_square(picture)), np.asarray(picture.crop(box)))


@pytest.mark.parametrize("size", [(89, 109), (512, 384), (2100, 1600), (20, 33), (1, 1), (64, 64)])
def test_to_pixels_any_size(size: tuple[int, int]) -> None:
    pixels = to_pixels(smooth(*size), 64)
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8 and pixels.flags.writeable


def test_to_pixels_averages_what_it_drops() -> None:
    board = Image.fromarray((np.indices((2000, 2000)).sum(0) % 2 * 255).astype(np.uint8))
    assert np.abs(to_pixels(board, 64).astype(int) - 127).max() <= 2  # a checkerboard of pixels turns grey
    exact = smooth(64, 64)
    assert np.array_equal(to_pixels(exact, 64), np.asarray(exact))


def test_to_pixels_takes_any_mode() -> None:
    assert (to_pixels(Image.new("RGBA", (10, 20), (0, 0, 0, 0)), 8) == 255).all()
    assert (to_pixels(Image.fromarray(np.full((9, 9), 65535, np.uint16)), 8) == 255).all()
    with pytest.raises(PictureError):
        to_pixels(Image.new("RGB", (0, 5)), 8)


def test_tensors_and_pixels_round_trip_exactly() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    noise = np.random.default_rng(0).integers(0, 256, (3, 5, 7, 3), np.uint8)
    for pixels in (every, noise):
        tensor = to_tensor(pixels)
        assert tensor.dtype == torch.float32 and tensor.is_contiguous()
        assert tensor.shape == (len(pixels), 3, *pixels.shape[1:3])
        assert tensor.min() >= -1 and tensor.max() <= 1
        assert np.array_equal(to_uint8(tensor), pixels)
        assert np.array_equal(to_uint8(tensor.double().requires_grad_()), pixels)
        assert np.array_equal(np.stack([np.asarray(image) for image in to_images(tensor)]), pixels)
    assert torch.equal(to_tensor(every[0]), to_tensor(every))
    assert to_tensor(every)[0, :, 0, 0].tolist() == [-1, -1, -1]


def test_read_only_pixels_stay_untouched() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels.flags.writeable = False
    to_tensor(pixels).fill_(5)
    assert not pixels.any()


def test_tensors_are_clamped_and_nan_is_refused() -> None:
    tensor = torch.tensor([-9.0, 0.0, 9.0]).reshape(1, 3, 1, 1)
    assert to_uint8(tensor)[0, 0, 0].tolist() == [0, 128, 255]
    for bad in (float("nan"), float("inf")):
        with pytest.raises(PictureError, match="not numbers"):
            to_uint8(torch.full((1, 3, 2, 2), bad))


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 4), (1, 1, 2, 2, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError):
        to_tensor(np.zeros(shape, np.uint8))
    with pytest.raises(PictureError):
        to_tensor(np.zeros((2, 2, 3), np.float32))
    with pytest.raises(PictureError):
        to_uint8(torch.zeros(shape))
