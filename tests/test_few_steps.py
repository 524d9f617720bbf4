"""Few steps: what the adapter learns, that it draws what it learned, and what becomes of it beside other weights."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch
from tiny_sets import rows_of

from core.diffusion.few_steps import nodes, sample_few_steps, target_between
from core.diffusion.objective import Objective
from core.pipelines.faces.few_steps import FOLDER, steps_of
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import Recipe, RecipeError

FEW = Recipe(seed=5, attributes={"Smiling": 1.0}, solver="few-step", steps=4)


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    """The tiny checkpoints with a folder of faces that may be written to."""
    root = tmp_path_factory.mktemp("few-steps")
    for folder in tiny_checkpoints.iterdir():
        if folder.name != "faces":
            (root / folder.name).symlink_to(folder)
    shutil.copytree(tiny_checkpoints / "faces", root / "faces")
    return root


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "flow"])
def test_a_step_with_the_learned_target_ends_where_the_teacher_was(prediction):
    objective = Objective(prediction)
    times = nodes(objective, 4)
    path = torch.randn(5, 1, 2, 4, 4, generator=torch.Generator().manual_seed(1))

    def learned(x, timesteps, _):
        at = times.tolist().index(int(timesteps[0]))
        end = times[at + 1 : at + 2] if at < 3 else times.new_tensor([-1])
        return target_between(objective, x, path[at + 1], timesteps, end)

    ends = [step.latents for step in sample_few_steps(learned, objective, 4, path[0], torch.zeros(1, 40))]
    torch.testing.assert_close(torch.stack(ends), path[1:], atol=1e-3, rtol=1e-3)


def test_the_nodes_are_among_the_steps_of_the_teacher():
    for prediction in ("v_prediction", "flow"):
        objective = Objective(prediction)
        assert (nodes(objective, 8)[::2] - nodes(objective, 4)).abs().max() <= 1


def test_faces_are_drawn_in_four_calls_of_the_network(root, call, synthetic_celeba, tmp_path):
    pipeline = FacesPipeline(root)
    assert pipeline.few_steps() == 0 and "few-step" not in pipeline.solvers()
    options = ["--preset", "smoke", "--data", f"celeba={synthetic_celeba}", "--checkpoints", root, "--export"]
    status, said = call("train_few_steps.py", *options, "--out", tmp_path)
    assert status == 0 and "faces in 4 steps" in said
    before, after = (row["val_loss"] for row in rows_of(tmp_path) if "val_loss" in row)
    assert after < before
    assert pipeline.few_steps() == 4 and pipeline.solvers()[0] == "few-step"
    calls = []
    denoise = pipeline.engine.denoise
    pipeline.engine.denoise = lambda x, *rest, **network: (calls.append(len(x)), denoise(x, *rest, **network))[1]
    (*_, result), (*_, again) = pipeline.draw(FEW), FacesPipeline(root).draw(FEW)
    assert calls == [1, 1, 1, 1] and result.faces[0].recipe == FEW
    assert result.faces[0].image.tobytes() == again.faces[0].image.tobytes()
    *_, plain = pipeline.draw(replace(FEW, solver="dpm++"))
    assert plain.faces[0].image.tobytes() != result.faces[0].image.tobytes()
    with pytest.raises(RecipeError, match="drawn in 4"):
        list(pipeline.draw(replace(FEW, steps=8)))


def test_an_adapter_of_other_weights_is_not_offered(root):
    folder = root / "faces" / FOLDER
    config = json.loads((folder / "config.json").read_text())
    for wrong in ({"fingerprint": "0" * 12}, {"steps": "many"}, {"steps": 99}):
        (folder / "config.json").write_text(json.dumps({**config, **wrong}))
        assert steps_of(root) == 0
        with pytest.raises(RecipeError, match="few-step"):
            list(FacesPipeline(root).draw(FEW))
    (folder / "config.json").write_text("{")
    assert steps_of(root) == 0
