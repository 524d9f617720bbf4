"""Opens untrusted picture files and converts pixels; no other package does either.

Directions: file or PIL image -> RGB PIL image -> uint8 HWC pixels -> float NCHW tensor in [-1, 1], and back.
"""

from core.images.conversion import crop_square, face_crop, square_side, to_images, to_pixels, to_tensor, to_uint8
from core.images.formats import FORMATS, MAX_BYTES, PictureError
from core.images.opening import MAX_PIXELS, MAX_SIDE, open_picture, open_sized
from core.images.png import MAX_TEXT, read_png_text, write_png

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MAX_TEXT",
    "PictureError",
    "crop_square",
    "face_crop",
    "open_picture",
    "open_sized",
    "read_png_text",
    "square_side",
    "to_images",
    "to_pixels",
    "to_tensor",
    "to_uint8",
    "write_png",
]
