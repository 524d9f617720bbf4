"""One visitor's pictures in the Reconstruction tab, and the example pictures."""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from pathlib import Path

from PIL import Image

from core.images import crop_square, open_picture
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import FacesResult
from core.recipe import Recipe
from ui.messages import RequestError

MOST_PICTURES = 32
KEPT_SIDE = 512  # pixels: the largest model sees 256

# Photos in scikit-learn's package, both under CC BY 2.0 (see README.txt beside them).
PHOTOS = {
    "flower.jpg": "Flower. Photo by vultilion, CC BY 2.0",
    "china.jpg": "Summer Palace. Photo by danielbuechele, CC BY 2.0",
}
FACES = {
    "face 27": Recipe(seed=27, attributes={"Smiling": 1.0, "Young": 1.0}),
    "face 41": Recipe(seed=41, attributes={"Male": 1.0, "Smiling": 1.0}),
    "face 40": Recipe(seed=40, attributes={"Male": -1.0, "Smiling": -1.0}),
    "face 45": Recipe(seed=45, attributes={"Male": -1.0, "Blond_Hair": 1.0}),
}
FIRST = ("flower.jpg", "face 27", "china.jpg")  # shown when the tab is first opened


class Table:
    """One visitor's own pictures, kept in ``gr.State``: centre squares of at most 512 px."""

    def __init__(self) -> None:
        self.stopped = 0  # requests up to this number are cancelled
        self.ended = 0  # and downloads up to this one
        self._pictures: dict[str, tuple[str, Image.Image]] = {}

    def add(self, name: str, picture: Image.Image) -> str:
        """Add a picture and return its id; the same picture is stored once."""
        square = crop_square(picture.convert("RGB"))
        if square.width > KEPT_SIDE:
            square = square.resize((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS, reducing_gap=3)
        key = hashlib.sha256(square.tobytes()).hexdigest()[:16]
        if key not in self._pictures and not self.room():
            raise RequestError(f"The table holds {MOST_PICTURES} pictures. Remove some, then add this one again.")
        self._pictures[key] = (name, square)
        return key

    def keep(self, keys: tuple[str, ...]) -> None:
        """Forget pictures that the page no longer shows."""
        self._pictures = {key: value for key, value in self._pictures.items() if key in keys}

    def room(self) -> int:
        return MOST_PICTURES - len(self._pictures)

    def __getitem__(self, key: str) -> tuple[str, Image.Image]:
        """Return a picture and its name. Raises :class:`RequestError`."""
        if key not in self._pictures:
            raise RequestError("The server no longer has this picture. Remove it and add it again.")
        return self._pictures[key]


class Examples:
    """Example pictures: photos of an installed package, and faces that our model draws once."""

    def __init__(self, faces: FacesPipeline) -> None:
        self.faces = faces
        self._drawn: dict[str, Image.Image] = {}
        self._drawing = threading.Lock()

    def names(self) -> dict[str, str]:
        """List the examples that this installation has, by name."""
        found = {name: words for name, words in PHOTOS.items() if (_photo_folder() / name).is_file()}
        if not self.faces.missing():
            found |= {name: f"Face drawn by this app, seed {recipe.seed}" for name, recipe in FACES.items()}
        return {name: found[name] for name in dict.fromkeys((*FIRST, *found)) if name in found}

    def cheap(self, name: str) -> bool:
        """Return whether the picture is available without drawing."""
        return name in PHOTOS or name in self._drawn

    def picture(self, name: str) -> Image.Image:
        """Return an example. Raises :class:`RequestError`, ``PictureError`` or ``CheckpointError``."""
        if name not in self.names():
            raise RequestError(f"There is no example named {name[:60]!r}.")
        if name in PHOTOS:
            return open_picture(_photo_folder() / name)
        with self._drawing:
            if name not in self._drawn:
                *_, result = self.faces.draw(FACES[name], previews=False)
                assert isinstance(result, FacesResult)
                self._drawn[name] = result.faces[0].image
            return self._drawn[name]


def _photo_folder() -> Path:
    """Find the folder without importing scikit-learn, which would take a second."""
    found = importlib.util.find_spec("sklearn")
    places = list(found.submodule_search_locations or []) if found else []
    return Path(places[0] if places else ".") / "datasets" / "images"
