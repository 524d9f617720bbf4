"""Styles for several tests: random adapters of the tiny models, pictures to learn a style from, requests of a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core import checkpoints
from core.models.adapters import TARGETS, AdapterFactors
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from core.recipe import Recipe, to_dict
from ui.components.pictures import data_uri
from ui.session import SessionState


def put_style(network: nn.Module, folder: Path, base: str, mark: str, *, seed: int = 0, std: float = 0.3, **metadata):
    """A style's folder with random factors of rank 2; ``metadata`` join what its ``config.json`` says."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        about = {"base": base, "fingerprint": mark, "title": folder.name.title(), **metadata}
        factors = AdapterFactors(network, TARGETS[base], 2, about)
        for up in factors.up:
            nn.init.normal_(up, std=std)
    factors.save_pretrained(folder)


def styled_faces(tiny_checkpoints: Path, root: Path, names: Iterable[str]) -> Path:
    """``root`` with the tiny face models and a style of each name, different ones."""
    for part in ("faces", "autoencoder-kl", "classifier"):
        (root / part).symlink_to(tiny_checkpoints / part)
    network, mark = checkpoints.load_model(root / "faces"), checkpoints.fingerprint(root / "faces")
    for seed, name in enumerate(names):
        put_style(network, root / "styles" / name, "faces", mark, seed=seed)
    return root


def noise_photos(count: int = 6) -> tuple[Image.Image, ...]:
    """Pictures of 90x70 that all differ."""
    values = np.random.default_rng(2).integers(0, 255, (count, 70, 90, 3), dtype=np.uint8)
    return tuple(Image.fromarray(one) for one in values)


NAMES = ["comic", "oil"]
RECIPE = Recipe(seed=11, attributes={"Smiling": 1.0}, steps=2)


@pytest.fixture(scope="session")
def styled_root(tiny_checkpoints, tmp_path_factory) -> Path:
    """The tiny face models with two styles."""
    return styled_faces(tiny_checkpoints, tmp_path_factory.mktemp("styled-requests"), NAMES)


@pytest.fixture(scope="session")
def styles_handlers(styled_root):
    """The Styles tab's handlers; each test is a visitor of its own."""
    from ui.styles.handlers import StylesHandlers  # with Gradio

    return StylesHandlers(StylesPipeline(FacesPipeline(styled_root)))


@pytest.fixture()
def uploads() -> Iterator[Path]:
    """A folder in the place where the page's uploads go."""
    from gradio.utils import get_upload_folder

    folder = Path(get_upload_folder()) / "styles-test"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def messages(handlers, session="anna", state=None, **request):
    request = {"kind": "draw", "recipe": to_dict(RECIPE), "request_id": 4, **request}
    return list(handlers.respond(request, state or SessionState(), session))


def send(handlers, session="anna", state=None, **request):
    *_, last = messages(handlers, session, state, **request)
    assert last["request_id"] == 4 and last["last"]
    return last


def pixels(picture):
    data = base64.b64decode(picture["picture"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def active(mode="sum", parts=(1, 1, 1), **weights):
    return {"weights": weights, "mode": mode, "parts": list(parts)}


def photo():
    file = io.BytesIO()
    Image.effect_noise((90, 70), 60).convert("RGB").save(file, "JPEG")
    return data_uri(file.getvalue(), "image/jpeg")
