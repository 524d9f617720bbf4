"""Finds Stable Diffusion on this machine: a typed path, ``LATENTSCAPE_MODELS``, the Hugging Face cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from core.checkpoints import CheckpointError

VARIABLE = "LATENTSCAPE_SD"
MODELS = "LATENTSCAPE_MODELS"
USUAL = "stable-diffusion-v1-5/stable-diffusion-v1-5"
FILE_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".bin")
_DEEPEST = 3  # folders between LATENTSCAPE_MODELS and a model
_MOST = 200  # models that are listed


def models_folder() -> Path:
    """``LATENTSCAPE_MODELS``, or ``models`` beside the checkpoints' usual folder."""
    named = cleaned_path(os.environ.get(MODELS, ""))
    return Path(named) if named else Path(__file__).resolve().parents[2] / "models"


def cleaned_path(typed: str) -> str:
    """What was typed or pasted as a path, without quotes and spaces around it; ``~`` is the home folder."""
    text = typed.strip()
    while len(text) > 1 and (text[0], text[-1]) in (("'", "'"), ('"', '"'), ("“", "”"), ("‘", "’"), ("`", "`")):
        text = text[1:-1].strip()
    if text.startswith("file://"):
        text = unquote(text.removeprefix("file://").removeprefix("localhost"))
    if "\\ " in text and os.sep == "/":  # as a terminal writes spaces
        text = text.replace("\\ ", " ")
    return os.path.expanduser(text) if text.startswith("~") else text


def locate(model: str) -> Path:
    """A folder, a file, the name of one in ``LATENTSCAPE_MODELS``, or an id in the Hugging Face cache -> where it lies.

    ``sd`` is the model of ``LATENTSCAPE_SD``, or else the only one in ``LATENTSCAPE_MODELS``. Fetches nothing. Raises
    ``CheckpointError`` with what to do.
    """
    chosen = cleaned_path(os.environ.get(VARIABLE, "") if model == "sd" else model) or USUAL
    for candidate in _candidates(chosen):
        if is_pipeline(candidate) or (candidate.is_file() and candidate.suffix.lower() in FILE_SUFFIXES):
            return candidate
    if model == "sd" and chosen == USUAL and len(here := list(lying())) == 1:
        return here[0]
    folder = Path(chosen)
    if folder.is_dir():
        inside = [path for path in _walk(folder, 1) if path != folder]
        if len(inside) == 1:
            return inside[0]
        several = f"holds {len(inside)} models; name one of them"
        what = several if inside else "holds no model_index.json and no safetensors"
        raise CheckpointError(f"{chosen[:120]} {what}.")
    raise CheckpointError(
        f"Stable Diffusion is not on this machine ({chosen[:120]}). Set {VARIABLE} to the folder of a 1.5-class model "
        "in diffusers' layout, to a .safetensors file, or to the id of one in the Hugging Face cache; or put it into "
        "models/ and load it in the Models tab."
    )


def found() -> list[tuple[str, Path]]:
    """List the models of ``LATENTSCAPE_SD`` (first), ``LATENTSCAPE_MODELS`` and the cache: (name, folder or file)."""
    models = [(path.relative_to(models_folder()).as_posix(), path) for path in lying()]
    models += _cached_pipelines()
    try:
        usual = locate("sd")
    except CheckpointError:
        return models[:_MOST]
    same = [one for one in models if one[1].resolve() == usual.resolve()]
    others = [one for one in models if one not in same]
    name = usual.name if all(usual.name != name for name, _ in others) else f"{usual.parent.name}/{usual.name}"
    return [*(same[:1] or [(name, usual)]), *others][:_MOST]


def is_pipeline(folder: Path) -> bool:
    """Return whether a folder is a pipeline in diffusers' layout."""
    return (folder / "model_index.json").is_file() and (folder / "unet" / "config.json").is_file()


def _candidates(chosen: str) -> Iterator[Path]:
    yield Path(chosen)
    if not Path(chosen).is_absolute():
        yield models_folder() / chosen
    if (cached := _cached(chosen)) is not None:
        yield cached


def lying() -> Iterator[Path]:
    """Yield what lies in ``LATENTSCAPE_MODELS``."""
    root = models_folder()
    if root.is_dir():
        yield from _walk(root, _DEEPEST)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Yield pipelines and files that may be models, by name; a pipeline's own files are not listed."""
    if (folder / "model_index.json").is_file():
        yield folder
        return
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return
    for path in inside:
        if path.is_dir() and depth > 0:
            yield from _walk(path, depth - 1)
        elif path.suffix.lower() == ".safetensors" and path.is_file():
            yield path


def _cached(model: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        index = try_to_load_from_cache(model, "model_index.json")
    except HFValidationError:  # a path, or nothing that could be an id
        return None
    return Path(index).parent if isinstance(index, str) else None


def _cached_pipelines() -> Iterator[tuple[str, Path]]:
    from huggingface_hub.constants import HF_HUB_CACHE

    cache = Path(HF_HUB_CACHE)
    for repository in sorted(cache.glob("models--*")) if cache.is_dir() else ():
        title = repository.name.removeprefix("models--").replace("--", "/")
        if (path := _cached(title)) is not None and is_pipeline(path):
            yield title, path
