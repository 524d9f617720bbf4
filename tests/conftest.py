"""What several tests share: tiny random checkpoints, and picture sets in the official layouts, made on the spot."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import HERE, INSTALL, browser, faces_url, map_url, opened  # noqa: F401 fixtures of the browser tests
from commands import call  # noqa: F401 scripts
from PIL import Image, ImageDraw
from tiny_bias import write_bias
from tiny_styles import styled_root, styles_handlers, uploads  # noqa: F401 fixtures of the Styles tab
from torch import nn

from core import attributes
from core.checkpoints import save_model, write_json
from core.diffusion.objective import Objective
from core.models import FaceUNet, FlatAutoencoder, PictureClassifier, build_autoencoder
from core.models.face_unet import PRESETS
from core.recipe import Recipe

_ADVICE = pytest.StashKey[bool]()
FOODS = ("apple_pie", "ramen", "sushi")
PARTS = {"train": 32, "val": 8, "test": 8}
CURVE = {"steps": [1, 2], "values": [1.0, 0.5], "seconds": [0.1, 0.2]}
TRAINING = {"steps": 2, "pictures_seen": 8, "hardware": "2 CPU cores", "curves": {"loss": CURVE}}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    config.stash[_ADVICE] = not HERE and any("browser" in report.keywords for report in skipped)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line, where browser tests were skipped, says how to have them run."""
    if config.stash.get(_ADVICE, False):
        print(f"Browser tests were skipped. {INSTALL}")


@pytest.fixture()
def checked_recipes(monkeypatch) -> list[Recipe]:
    """Every recipe that is made, and so checked, from now on."""
    made: list[Recipe] = []
    check = Recipe.__post_init__

    def noted(self):
        check(self)
        made.append(self)

    monkeypatch.setattr(Recipe, "__post_init__", noted)
    return made


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory) -> Path:
    """A checkpoint root with the five built-in models: real classes, random weights, seconds to make."""
    root = tmp_path_factory.mktemp("checkpoints")
    objective = Objective("v_prediction")
    with torch.random.fork_rng():
        torch.manual_seed(7)
        flat = {"code_dim": 16, "widths": (16, 16, 32)}
        models = {
            "autoencoder-cae": FlatAutoencoder(**flat),
            "autoencoder-vae": FlatAutoencoder(variational=True, **flat),
            "autoencoder-kl": build_autoencoder(channels=(16, 16, 16), latent_channels=4),
            "classifier": PictureClassifier(
                stem_width=16, widths=(16, 16, 32, 32), blocks=1, embedding_dim=32, class_names=FOODS
            ),
            "faces": FaceUNet(latent_channels=4, **PRESETS["tiny"]),
        }
        for name, model in models.items():
            _wake(model)
            save_model(model.eval(), root / name)
            curve = {"steps": [1, 2], "values": [1.0, 0.5], "seconds": [0.1, 0.2]}
            write_json(
                root / name / "training.json", {"steps": 2, "hardware": "2 CPU cores", "curves": {"loss": curve}}
            )
    write_json(root / "faces" / "scheduler_config.json", objective.scheduler_config())
    write_bias(root)
    return root


@pytest.fixture(scope="session")
def detector_checkpoints(tiny_checkpoints, tmp_path_factory) -> Path:
    """The same root with the shipped face detector and eye locator in it."""
    root = tmp_path_factory.mktemp("with-detector")
    shipped = Path(__file__).resolve().parent.parent / "checkpoints"
    for folder in (*tiny_checkpoints.iterdir(), shipped / "detector", shipped / "eyes"):
        (root / folder.name).symlink_to(folder, target_is_directory=True)
    return root


@pytest.fixture(scope="session")
def portrait() -> Image.Image:
    """A photo of 512x512 with one face, its eyes at about (204, 101) and (246.5, 103)."""
    from skimage import data

    return Image.fromarray(data.astronaut())


def _wake(model: nn.Module) -> None:
    """Random values where training would start from zero, or no attribute and no step would change a picture."""
    for parameter in model.parameters():
        if parameter.ndim > 1 and not parameter.any():
            nn.init.normal_(parameter, std=0.05)


@pytest.fixture(scope="session")
def synthetic_celeba(tmp_path_factory) -> Path:
    """A folder in CelebA's official layout: 48 drawn faces of 89x109 whose smile and hair follow the labels."""
    folder = tmp_path_factory.mktemp("celeba")
    random = np.random.default_rng(11)
    count = sum(PARTS.values())
    labels = np.where(random.random((count, attributes.COUNT)) < 0.5, 1, -1)
    labels[:2] = [[1], [-1]]  # every attribute is present and absent somewhere in every part
    for start in (PARTS["train"], PARTS["train"] + PARTS["val"]):
        labels[start : start + 2] = [[1], [-1]]
    names = [f"{number:06d}.jpg" for number in range(1, count + 1)]
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for name, row in zip(names, labels, strict=True):
            archive.writestr(f"img_align_celeba/{name}", _jpeg(_face(row, random)))
    rows = [f"{name} {' '.join(f'{value:2d}' for value in row)}" for name, row in zip(names, labels, strict=True)]
    table = [str(count), " ".join(attributes.NAMES), *rows]
    (folder / "list_attr_celeba.txt").write_text("\n".join(table) + "\n")
    split = np.repeat([0, 1, 2], list(PARTS.values()))
    (folder / "list_eval_partition.txt").write_text("".join(f"{n} {s}\n" for n, s in zip(names, split, strict=True)))
    (folder / "identity_CelebA.txt").write_text("".join(f"{n} {i // 2}\n" for i, n in enumerate(names)))
    return folder


@pytest.fixture(scope="session")
def synthetic_food(tmp_path_factory) -> Path:
    """A folder in Food-101's layout: three classes of eight pictures, two of each in the test list."""
    folder = tmp_path_factory.mktemp("food101")
    random = np.random.default_rng(12)
    tested = []
    with zipfile.ZipFile(folder / "food-101.zip", "w") as archive:
        for hue, food in enumerate(FOODS):
            for number in range(8):
                noise = random.normal(40, 20, (64, 64, 3))
                noise[..., hue] += 120
                archive.writestr(f"food-101/images/{food}/{number}.jpg", _jpeg(_picture(noise)))
            tested += [f"{food}/6", f"{food}/7"]
        archive.writestr("food-101/meta/classes.txt", "\n".join(FOODS))
        archive.writestr("food-101/meta/test.txt", "\n".join(tested))
    return folder


def _face(row: np.ndarray, random: np.random.Generator) -> Image.Image:
    def has(name: str) -> bool:
        return row[attributes.INDEX[name]] > 0

    image = _picture(np.full((109, 89, 3), random.integers(60, 220, 3)) + random.normal(0, 6, (109, 89, 3)))
    pen = ImageDraw.Draw(image)
    pen.ellipse((18, 18, 71, 95), fill="gold" if has("Blond_Hair") else "saddlebrown")
    pen.ellipse((23, 28, 66, 92), fill=(224, 182, 154) if has("Pale_Skin") else (186, 132, 98))
    for x in (36, 54):
        pen.ellipse((x - 4, 50, x + 4, 56), fill="white" if has("Eyeglasses") else "black")
    pen.arc((34, 66, 56, 82), *((20, 160) if has("Smiling") else (200, 340)), fill="darkred", width=3)
    return image


def _picture(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()
