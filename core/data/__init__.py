"""Training pictures: official layouts in, one memory-mapped uint8 array with labels and seeded splits out."""

from core.data.errors import DataError
from core.data.picture_set import PictureSet
from core.data.sets import KINDS, load, parse_data_options

__all__ = ["KINDS", "DataError", "PictureSet", "load", "parse_data_options"]
