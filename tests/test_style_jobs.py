"""Styles that are trained while the app is used: queued, paused, kept, cancelled, forgotten, and never in the way."""

import gc
import time
import weakref

import pytest
from tiny_styles import noise_photos, styled_faces

from core.data.style_photos import StyleError
from core.pipelines.styles import job as jobs
from core.pipelines.styles.jobs import SWITCH, StyleTrainer
from core.pipelines.styles.library import FILE, StyleLibrary
from core.pipelines.styles.types import TrainRequest


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    return styled_faces(tiny_checkpoints, tmp_path_factory.mktemp("styled-jobs"), ("comic", "oil", "pencil"))


@pytest.fixture()
def trainer(root):
    library = StyleLibrary(root)
    made = StyleTrainer(library, root, preset="smoke")
    yield made
    made.close()


def requested(session="anna", **changes) -> TrainRequest:
    return TrainRequest(
        **{"pictures": noise_photos(), "title": "Summer", "session": session, "steps": 40, "rank": 2, **changes}
    )


def wait_for(trainer, session, job, *states):
    """Where the cores are busy, starting the process takes longest: a quarter minute of one core to import torch."""
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        status = trainer.status(session, job)
        if status.state in states:
            return status
        time.sleep(0.2)
    raise AssertionError(f"still {status.state}: {status.message}")


def test_a_style_is_trained_paused_resumed_and_added_to_the_library(trainer, root):
    first = trainer.start(requested())
    assert first.state in ("waiting", "preparing") and first.steps == 40
    behind = trainer.start(requested("ben"))
    assert behind.state == "waiting" and behind.ahead == 1 and trainer.jobs("ben") == (behind.job,)
    with pytest.raises(StyleError, match="no such training"):
        trainer.status("ben", first.job)
    with pytest.raises(StyleError, match="already"):
        trainer.start(requested())
    trainer.cancel("ben", behind.job)
    assert not (trainer.work / behind.job).exists()
    running = wait_for(trainer, "anna", first.job, "training", "failed")
    assert running.seconds_left > 0 and running.step < 40 and first.seconds_left is None
    trainer.pause("anna", first.job)
    paused = wait_for(trainer, "anna", first.job, "paused", "finished", "failed")
    assert paused.state == "paused" and trainer.jobs("anna") == (first.job,), paused.message
    trainer.resume("anna", first.job)
    done = wait_for(trainer, "anna", first.job, "finished", "failed")
    assert [step for step, _ in done.losses] == list(range(1, 41))
    assert done.state == "finished", done.message
    assert done.losses and done.held_out and done.sample.size == (256, 64)
    info = next(i for i in trainer.library.styles("anna") if i.origin == "session")
    assert info.name == done.style and info.title == "Summer" and info.base == "faces"
    assert not [i for i in trainer.library.styles("ben") if i.origin == "session"]


def test_cancelling_a_running_training_leaves_nothing_behind(trainer):
    job = trainer.start(requested(steps=1000)).job
    wait_for(trainer, "anna", job, "preparing", "training")
    trainer.cancel("anna", job)
    assert trainer.status("anna", job).state == "cancelled" and trainer.jobs("anna") == ()
    assert not (trainer.work / job).exists() and not trainer.library.styles("anna")[3:]


def test_bounds_and_the_switch(trainer, monkeypatch):
    one = noise_photos(1)
    for wrong, reason in (
        ({"pictures": one}, "at least 5 pictures"),
        ({"pictures": one * 30}, "pictures differ"),
        ({"pictures": one * 10_000}, "at most 200"),
        ({"steps": 10**6}, "Steps lie between 20 and 1000"),
        ({"rank": 512}, "rank lies between 1 and 32"),
        ({"rate": float("nan")}, "learning rate"),
        ({"title": " "}, "needs a name"),
        ({"base": "sd"}, "face model or for the text model"),
    ):
        with pytest.raises(StyleError, match=reason):
            trainer.start(requested(**wrong))
    monkeypatch.setenv(SWITCH, "off")
    with pytest.raises(StyleError, match="switched off"):
        trainer.start(requested())
    assert list(trainer.work.iterdir()) == []


@pytest.fixture()
def quick(monkeypatch, tmp_path, root):
    """A training that writes a step of its log and a style, and ends at once."""
    script = tmp_path / "scripts" / "train.py"
    script.parent.mkdir()
    script.write_text(
        "import argparse, json, pathlib, shutil\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--out', type=pathlib.Path)\n"
        "parser.add_argument('--export')\n"
        "options, _ = parser.parse_known_args()\n"
        "options.out.mkdir()\n"
        "(options.out / 'log.jsonl').write_text(json.dumps({'step': 20, 'seconds': 1.0, 'loss': 0.5}) + '\\n')\n"
        f"shutil.copytree({str(root / 'styles' / 'oil')!r}, options.export)\n"
    )
    monkeypatch.setattr(jobs, "SCRIPT", script)


def test_what_is_over_leaves_neither_pictures_nor_folders(trainer, quick):
    pictures = noise_photos()
    held = [weakref.ref(picture) for picture in pictures]
    job = trainer.start(requested(pictures=pictures)).job
    del pictures
    gc.collect()
    assert not any(ref() for ref in held)  # they are in the job's folder alone
    done = wait_for(trainer, "anna", job, "finished", "failed")
    assert done.state == "finished" and done.losses == ((20, 0.5),) and done.step == 20
    assert list(trainer.work.iterdir()) == []
    assert trainer.status("anna", job) == done  # the page may request it again
    again = trainer.start(requested()).job
    with pytest.raises(StyleError, match="no such training"):
        trainer.status("anna", job)
    trainer.close_session("anna")
    with pytest.raises(StyleError, match="no such training"):
        trainer.status("anna", again)
    assert list(trainer.work.iterdir()) == []


def test_a_training_that_cannot_be_started_fails_and_the_next_one_comes(trainer, monkeypatch, tmp_path):
    monkeypatch.setattr(jobs.sys, "executable", str(tmp_path / "nothing"))
    names = {session: trainer.start(requested(session)).job for session in ("anna", "ben")}
    for session, name in names.items():
        failed = wait_for(trainer, session, name, "failed")
        assert "could not be started" in failed.message and failed.message.endswith(".")
    assert list(trainer.work.iterdir()) == []


def test_a_style_that_cannot_be_copied_fails_and_the_next_one_comes(trainer, quick):
    (trainer.library.home / "anna").write_text("a file where her folder should be")
    names = {session: trainer.start(requested(session)).job for session in ("anna", "ben")}
    assert "cannot be stored" in wait_for(trainer, "anna", names["anna"], "failed", "finished").message
    assert wait_for(trainer, "ben", names["ben"], "failed", "finished").state == "finished"
    assert (next(i for i in trainer.library.styles("ben") if i.origin == "session").file).name == FILE


def test_pictures_that_cannot_be_written_are_refused_with_a_sentence(trainer):
    trainer.work.rmdir()
    trainer.work.write_text("a file where the folder should be")
    with pytest.raises(StyleError, match="could not be started"):
        trainer.start(requested())
    trainer.work.unlink()
    trainer.work.mkdir()
    assert trainer.start(requested()).state in ("waiting", "preparing")  # and the session may try again
