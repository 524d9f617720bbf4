"""Each checkpoint missing, cut short or of another version: what needs it says so by name, and all else works."""

from __future__ import annotations

import json
import shutil

import pytest
from commands import picture

from core.checkpoints import WEIGHTS, CheckpointError
from core.networks.pool import NetworkPool
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import ReconstructionRequest
from core.recipe import Recipe, to_dict
from ui.faces.handlers import FacesHandlers
from ui.session import SessionState

NEEDS = {
    "faces": {"faces", "autoencoder-kl", "classifier"},
    "kl": {"autoencoder-kl"},
    "vae": {"autoencoder-vae"},
    "cae": {"autoencoder-cae"},
}
CHECKPOINTS = ["faces", "classifier", "autoencoder-kl", "autoencoder-vae", "autoencoder-cae"]


def remove(folder):
    shutil.rmtree(folder)


def cut_short(folder):
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])


def of_another_version(folder):
    """Its weights are those of a network with other parts."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "_class_name": "NetworkOfTomorrow"}))


def half_a_config(folder):
    content = (folder / "config.json").read_text()
    (folder / "config.json").write_text(content[: len(content) // 2])


def use(pool, what) -> str:
    """Do what a tab does; returns the sentence that it shows instead, or "" where it works."""
    if what == "faces":
        recipe = to_dict(Recipe(seed=1, steps=2))
        sent = {"kind": "draw", "request_id": 1, "recipe": recipe}
        *_, response = FacesHandlers(FacesPipeline(pool=pool)).respond(sent, SessionState())
        assert "drawn" in response or response.get("error") or response.get("missing")
        return response.get("error") or response.get("missing") or ""
    try:
        assert ReconstructionPipeline(pool=pool).reconstruct(ReconstructionRequest(picture(), what)).psnr > 0
    except CheckpointError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("damage", [remove, cut_short, of_another_version, half_a_config], ids=lambda one: one.__name__)
def test_a_checkpoint_that_cannot_be_used_is_named_where_it_is_needed(tiny_checkpoints, tmp_path, name, damage):
    root = shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    damage(root / name)
    pool = NetworkPool(root)
    for what, needed in NEEDS.items():
        sentence = use(pool, what)
        if name not in needed:
            assert sentence == "", what
        else:
            assert name in sentence and (sentence.endswith((".", ")")) or "python scripts/" in sentence)
