"""What is seen in the page as a few lines of Python against ``core``: run beside the repository's folders, they make it
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

from core.recipe import Recipe, RecipeError, filename
from ui.checks import text, whole
from ui.components.component import component
from ui.latent_map.requests import MOST_ROWS, MapRequest, stop_list
from ui.messages import UNSET, Json, Request, Response, checked, reply
from ui.recipe_requests import RecipeRequest

ROOT = '"checkpoints"'
EDITED = "A recipe never holds the photo of an edit, so there is no code that makes it again."
FAILED = "The code could not be written. Reload the page."


@dataclass(frozen=True, kw_only=True)
class ReconstructionRequest(Request):
    """One picture of the table through one autoencoder."""

    model: str = checked(text(64), "kl")
    name: str = checked(text(300), "picture.png")


@dataclass(frozen=True, kw_only=True)
class MapCodeRequest(MapRequest):
    """A map, with the picture or the place that is picked (``stops`` of length 1) or the stops of a path."""

    stops: tuple[Any, ...] = checked(stop_list, ())
    way: str = checked(text(40), "linear")
    frames: int = checked(whole("The number of pictures", 2, MOST_ROWS), 16)


@dataclass(frozen=True, kw_only=True)
class CodeResponse(Response):
    code: str = UNSET


def python_code() -> None:
    """Lay out the component by which every tab gets its code (``assets/shared/python_code.js``)."""
    routes = {
        "drawing": (RecipeRequest, drawing_code),
        "reconstruction": (ReconstructionRequest, reconstruction_code),
        "map": (MapCodeRequest, map_code),
    }

    def code(value: Any) -> Json:
        return reply(routes, value, failed=FAILED)

    component("python-code", functions=(code,))


def drawing_code(request: RecipeRequest) -> CodeResponse:
    """A face, styled or not, or a picture of a prompt."""
    recipe = request.recipe
    if recipe.edit is not None:
        raise RecipeError(EDITED)
    if recipe.model == "faces":
        imports = ["from core.pipelines.faces.pipeline import FacesPipeline"]
        draw, found = f"FacesPipeline({ROOT}).draw(recipe)", "result.faces"
    else:
        model = "" if recipe.model == "text" else ', "sd"'
        imports = [
            "from core.pipelines.prompts.pipeline import PromptsPipeline",
            "from core.pipelines.prompts.types import PromptRequest",
        ]
        draw, found = f"PromptsPipeline({ROOT}{model}).draw(PromptRequest(recipe))", "result.drawings"
    lines = [
        *imports,
        "from core.recipe import Recipe, filename, to_png",
        "",
        f"recipe = {_recipe(recipe)}",
        f"*_, result = {draw}",
        f"for one in {found}:  # {filename(recipe)}",
        '    with open(filename(one.recipe), "wb") as file:',
        "        file.write(to_png(one.image, one.recipe))",
    ]
    return CodeResponse(code=_joined(lines))


def reconstruction_code(request: ReconstructionRequest) -> CodeResponse:
    """The centre square of a file through an autoencoder. Of larger photos the page keeps 512 pixels."""
    lines = [
        "from core.images import open_picture",
        "from core.pipelines.reconstruction.pipeline import ReconstructionPipeline",
        "from core.pipelines.reconstruction.types import ReconstructionRequest",
        "",
        f"picture = open_picture({request.name!r})  # the page keeps 512 pixels of larger photos",
        f"pipeline = ReconstructionPipeline({ROOT})",
        f"result = pipeline.reconstruct(ReconstructionRequest(picture, {request.model!r}))",
        f'result.after.save("reconstruction-{_plain(request.model)}.png")',
        'print(f"{result.psnr:.2f} dB, SSIM {result.ssim:.3f}")',
    ]
    return CodeResponse(code=_joined(lines))


def map_code(request: MapCodeRequest) -> CodeResponse:
    """The places of a map, and what is picked on it. A visitor's own photos are named as a folder."""
    atlas, where = repr(request.atlas), f"{request.space!r}, {request.projection!r}"
    imports = ["from core.pipelines.latent_map.pipeline import LatentMapPipeline"]
    lines = [f"latent_map = LatentMapPipeline({ROOT})"]
    if request.atlas.startswith("photos-"):
        atlas = "atlas.name"
        lines.append('*_, atlas = latent_map.add_photos(["MY_PHOTOS"])  # a folder, a zip or files')
    lines.append(f"points = latent_map.points({atlas}, {where})")
    lines.append("print(points.places.shape)  # one row for each picture")
    if len(request.stops) > 1:
        imports.append("from core.pipelines.latent_map.requests import PathRequest, Stop")
        stops = ", ".join(_stop(stop) for stop in request.stops)
        lines.append(f"path = PathRequest({atlas}, {where}, ({stops}), {request.way!r}, {request.frames})")
        lines.append("for number, picture in enumerate(latent_map.path(path).pictures):")
        lines.append('    picture.save(f"path-{number:02d}.png")')
    elif request.stops and request.stops[0].row is not None:
        row = request.stops[0].row
        lines.append(f'latent_map.picture({atlas}, {row}).save("picture-{row}.png")')
    elif request.stops:
        place = request.stops[0].place
        lines.append(f'latent_map.decode_at({atlas}, {where}, {place!r}).picture.save("decoded.png")')
    return CodeResponse(code=_joined([*imports, "", *lines]))


def _recipe(recipe: Recipe) -> str:
    """The recipe as an expression; what equals a default is left out."""
    default = Recipe()
    said = []
    for one in fields_of(Recipe):
        value = getattr(recipe, one.name)
        if value != getattr(default, one.name):
            said.append(f"{one.name}={dict(value) if isinstance(getattr(default, one.name), dict) else value!r}")
    return f"Recipe({', '.join(said)})"


def _stop(stop: Any) -> str:
    return f"Stop(row={stop.row})" if stop.row is not None else f"Stop(place={stop.place!r})"


def _plain(name: str) -> str:
    """A part of a file name."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
