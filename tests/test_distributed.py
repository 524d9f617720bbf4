"""Two processes started by ``accelerate launch`` do what one does: same losses, same latents, same atlas."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import launched
import numpy as np
import pytest
import torch

from core import draws
from core.draws import SharedGenerator
from core.latents import LatentSet
from core.latents.atlas import Atlas
from core.processes import Processes
from core.training.loop import Loop, LoopConfig

ROOT = Path(__file__).resolve().parent.parent
LAUNCH = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1")
LAUNCH += ("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0")  # any free port


def launch(*line: object, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, *LAUNCH, *map(str, line)], capture_output=True, text=True, cwd=cwd, timeout=500
    )
    assert done.returncode == 0, done.stderr


def rows_of(run: Path) -> list[dict]:
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[Path, Path]:
    """The folders of one process and of two."""
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    launched.main(one)
    launch(ROOT / "tests" / "launched.py", two, cwd=ROOT)
    return one, two


def test_two_processes_follow_the_loss_curve_of_one(runs):
    alone, together = (rows_of(folder / "whole") for folder in runs)
    assert [row["step"] for row in together] == [1, 2, 3, 3, 4, 5, 6, 6]  # one journal; two rows are validations
    for first, second in zip(alone, together, strict=True):
        assert first == pytest.approx(second, rel=1e-4)
    assert len({row["loss"] for row in together if "loss" in row}) == 6


def test_two_processes_resume_as_if_nothing_had_happened(runs):
    _, together = runs
    assert rows_of(together / "broken") == rows_of(together / "whole")


def test_two_processes_encode_a_share_each(runs):
    alone, together = (LatentSet.load(folder / "latents") for folder in runs)
    assert np.array_equal(alone.latents, together.latents) and alone.latents.any()
    assert np.array_equal(alone.mean, together.mean) and np.array_equal(alone.attributes, together.attributes)
    seen = [int((runs[1] / f"seen-{index}").read_text()) for index in range(2)]
    assert min(seen) > 0 and sum(seen) == launched.COUNT
    assert not (runs[1] / "latents" / "parts").exists()


@pytest.mark.slow
def test_two_processes_build_the_atlas_of_one(tiny_checkpoints, synthetic_celeba, tmp_path):
    line = [ROOT / "scripts" / "build_atlas.py", "--generate", 20, "--checkpoints", tiny_checkpoints]
    line += ["--like", f"celeba={synthetic_celeba}", "--out"]
    subprocess.run([sys.executable, *map(str, line), "one"], cwd=tmp_path, check=True, timeout=500)
    launch(*line, "two", cwd=tmp_path)
    one, two = (Atlas.open(tmp_path / name) for name in ("one", "two"))
    assert np.array_equal(one.measured, two.measured) and [one.sheet(0)] == [two.sheet(0)]
    for key, space in one.spaces.items():
        assert np.array_equal(space.codes, two.spaces[key].codes)
        assert {"umap2", "tsne2"} <= set(space.places)
        for kind, places in space.places.items():
            assert np.array_equal(places, two.spaces[key].places[kind]), (key, kind)


def test_shares_of_a_batch_make_up_the_whole():
    weights = torch.arange(1.0, 6.0)
    functions = (
        lambda generator, count: draws.rand(generator, count, 3),
        lambda generator, count: draws.randn(generator, count, 2, 2),
        lambda generator, count: draws.integers(generator, 1000, count),
        lambda generator, count: draws.weighted(generator, weights, count),
    )
    for draw in functions:
        whole = draw(torch.Generator().manual_seed(5), 12)
        for processes in (1, 2, 3):
            shares = [
                draw(SharedGenerator(5, Processes(index, processes)), 12 // processes) for index in range(processes)
            ]
            assert torch.equal(torch.stack(shares, dim=1).flatten(0, 1), whole)


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Processes, "launched", classmethod(lambda cls: cls(0, 3)))
    with pytest.raises(ValueError, match="batch of 8 cannot be shared evenly by 3"):
        Loop(LoopConfig(steps=1, batch_size=8, learning_rate=1e-3), tmp_path, {"model": torch.nn.Linear(2, 2)})
