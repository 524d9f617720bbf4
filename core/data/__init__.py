"""Training pictures: official layouts in, one memory-mapped uint8 array with labels and seeded splits out."""

from core.data.sets import KINDS, DataError, PictureSet, load, parse_data_options

__all__ = ["KINDS", "DataError", "PictureSet", "load", "parse_data_options"]
