"""Converts pictures of any pillow mode and colour space to sRGB: 8 bits, opaque."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE = 4 * 2**20  # bytes
BACKGROUND = "white"  # behind transparent pixels; the page uses the same
_MODES = {"RGB": ("RGB", "RGBA", "RGBX"), "GRAY": ("L",), "CMYK": ("CMYK",)}  # by the colour space of a profile


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to sRGB, transparency on white."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_grey(image)
    elif image.mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    elif profile and len(profile) <= MAX_PROFILE:
        image = _to_srgb(image, profile)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", image.size, BACKGROUND)
        image.paste(layer, mask=layer)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from the ICC profile. A profile that is damaged or of another kind of picture is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space == "RGB" and "sRGB" in (source.profile.profile_description or ""):
            return image
        if space == "RGB" and image.mode not in _MODES["RGB"]:  # a palette or grey picture with an RGB profile
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        if image.mode not in _MODES.get(space, ()):
            return image
        output = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=output) or image
    except Exception:  # little CMS and pillow raise many kinds of errors for invalid profiles
        return image


def _to_grey(image: Image.Image) -> Image.Image:
    """Reduce I;16, I and F to L. The range is known for I;16 and from a few headers; else it is that of the values."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        top = 4095 if tags.get(258) == (12,) else 65535  # BitsPerSample
        levels = np.minimum(np.arange(65536) * 255 / top + 0.5, 255).astype(np.uint8)[values]
        if tags.get(262) == 0:  # PhotometricInterpretation: white is zero
            levels = 255 - levels
        if isinstance(image.info.get("transparency"), int):
            levels[values == image.info["transparency"]] = 255
        return Image.fromarray(levels)
    values = np.nan_to_num(np.array(image, dtype=np.float32), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 65535:
        low = 0.0
        if image.mode == "I" and image.format == "PPM":
            high = 65535.0
        else:
            high = 1.0 if image.mode == "F" and high <= 1 else 255.0 if high <= 255 else 65535.0
    values -= low
    values *= 255 / ((high - low) or 1.0)
    values += 0.5
    return Image.fromarray(np.clip(values, 0, 255, out=values).astype(np.uint8))
