"""The pipeline behind the Prompts tab on tiny real models, ours and a Stable Diffusion in its real layout."""

import io
import runpy
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_text
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from tiny_prompts import SMALL, asking, last, pixels

from core import checkpoints
from core.benchmarks.prompts import measure_prompts
from core.networks.pool import pool_of
from core.pipelines.progress import Progress
from core.pipelines.prompts.engine import TextEngine
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import MorphResult, PromptRequest, PromptsResult
from core.recipe import RecipeError, from_png

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def pipeline(root):
    return PromptsPipeline(root)


@pytest.fixture(scope="module")
def stable_diffusion(tmp_path_factory):
    return tiny_text.stable_diffusion(tmp_path_factory.mktemp("sd"))


def test_progress_then_one_result(pipeline):
    events = list(pipeline.draw(asking(count=2)))
    assert [type(e) for e in events] == [Progress] * 6 + [PromptsResult]
    assert events[0].preview.size == (64, 64) and len(events[3].done) == 1
    drawing = events[-1].drawings[1]
    assert drawing.recipe.seed == 12 and drawing.recipe.count == 1 and drawing.recipe.model == "text"
    assert events[-1].parsed.attributes == {"Smiling": 1.0, "Male": -1.0, "Eyeglasses": 1.0}


def test_same_request_same_picture_alone_among_others_and_from_four_threads(pipeline):
    three = pixels(last(pipeline.draw(asking(count=3))))
    requests = [asking(seed=11 + i) for i in range(3)]
    with ThreadPoolExecutor(3) as pool:
        drawn = list(pool.map(lambda one: pixels(last(pipeline.draw(one, previews=False)))[0], requests * 2))
    assert drawn == three * 2 and len(set(three)) == 3


def test_words_negative_words_and_guidance_change_the_picture(pipeline):
    variants = [{}, {"prompt": "sushi"}, {"negative_prompt": "an old man"}, {"guidance": 1.0}]
    assert len({pixels(last(pipeline.draw(asking(**variant))))[0] for variant in variants}) == 4


def test_it_draws_what_plain_diffusers_draws(pipeline, root):
    plain = StableDiffusionPipeline.from_pretrained(root / "text", dtype=torch.float32)
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(11))
    options = {"num_inference_steps": 3, "guidance_scale": 3.0, "latents": latents, "output_type": "np"}
    theirs = plain(SMALL.recipe.prompt, **options).images[0]
    ours = last(pipeline.draw(asking(guidance=3.0, guidance_interval=(0.0, 1.0)))).drawings[0].image
    assert np.abs(np.asarray(ours) / 255 - theirs).max() < 0.02


@pytest.mark.parametrize("solver", ["dpm++", "unipc", "ddim", "ddpm", "lcm"])
def test_every_solver_repeats_itself_from_noise_and_from_a_draft(pipeline, solver):
    for start in ("noise", "prior"):
        request = asking(solver=solver, start=start)
        assert pixels(last(pipeline.draw(request))) == pixels(last(pipeline.draw(request)))


def test_a_draft_is_shown_and_saves_steps(pipeline):
    request = asking(steps=10, start="prior", level=0.3)
    events = list(pipeline.draw(request))
    assert len(events) == 3 + 1 and events[0].steps == 3
    assert events[-1].drawings[0].draft.size == (64, 64)
    other = last(pipeline.draw(replace(request, recipe=replace(request.recipe, seed=12)))).drawings[0]
    assert other.draft.tobytes() != events[-1].drawings[0].draft.tobytes()


def test_the_number_of_threads_changes_no_picture():
    """With the weights that are shipped: the tiny ones are too small for torch to share their work."""
    pipeline, before, drawn = PromptsPipeline(checkpoints.root()), torch.get_num_threads(), set()
    if pipeline.missing():
        pytest.skip(pipeline.missing())
    request = PromptRequest(replace(pipeline.usual(), seed=3, steps=4, prompt="an old man with a beard"))
    try:
        for count in (1, 2, 3, 5):
            torch.set_num_threads(count)
            drawn.update(pixels(last(pipeline.draw(request, previews=False))))
    finally:
        torch.set_num_threads(before)
    assert len(drawn) == 1


def test_opening_leaves_alone_what_other_threads_build(root):
    opening = threading.Thread(target=TextEngine(pool_of(root), root / "text").load)
    opening.start()
    built = []
    while opening.is_alive():
        built.append(torch.nn.Linear(2, 2).weight.device.type)
    assert set(built) == {"cpu"}


def test_maps_and_film_leave_the_picture_as_it_is(pipeline):
    plain = last(pipeline.draw(SMALL))
    drawing = last(pipeline.draw(replace(SMALL, maps=True, film=True))).drawings[0]
    assert drawing.image.tobytes() == pixels(plain)[0] and len(drawing.film) == 3
    assert [one.word for one in drawing.maps] == SMALL.recipe.prompt.split()
    for one in drawing.maps:
        assert SMALL.recipe.prompt[one.start : one.end] == one.word
        assert one.heat.shape == (16, 16) and one.heat.min() == 0.0 and one.heat.max() == pytest.approx(1.0)
    assert sum(one.share for one in drawing.maps) == pytest.approx(1.0)
    assert pixels(last(pipeline.draw(SMALL))) == pixels(plain)  # nothing of the recording stays behind


def test_a_morph_ends_at_both_prompts(pipeline):
    *events, result = pipeline.morph(SMALL, "sushi", 3)
    assert isinstance(result, MorphResult) and len(result.frames) == len(events) == 3
    assert result.frames[0].tobytes() == pixels(last(pipeline.draw(SMALL)))[0]
    assert result.frames[2].tobytes() == pixels(last(pipeline.draw(asking(prompt="sushi"))))[0]
    stopped = last(pipeline.morph(SMALL, "sushi", 5, cancel=lambda: True))
    assert stopped.cancelled and len(stopped.frames) == 1


def test_stopping_keeps_what_is_there(pipeline):
    polled = []

    def stop_in_the_second() -> bool:
        polled.append(1)
        return len(polled) > 3

    result = last(pipeline.draw(asking(count=4), cancel=stop_in_the_second))
    assert result.cancelled and pixels(result) == pixels(last(pipeline.draw(SMALL)))
    at_once = last(pipeline.draw(SMALL, cancel=lambda: True))
    assert at_once.cancelled and len(at_once.drawings) == 1 and "Stopped early" in at_once.notes[-1]


def test_a_picture_is_read_back_and_the_best_comes_first(pipeline):
    result = last(pipeline.draw(asking(count=3)))
    images = [drawing.image for drawing in result.drawings]
    readback = pipeline.readback(images[0], "a bearded man without glasses eating sushi")
    assert {(one.name, one.wanted) for one in readback.requested} == {
        ("Male", True),
        ("No_Beard", False),
        ("Eyeglasses", False),
        ("sushi", True),
    }
    glasses = next(one for one in readback.requested if one.name == "Eyeglasses")
    assert glasses.probability == pytest.approx(1 - readback.attributes["Eyeglasses"])
    assert sum(readback.classes.values()) == pytest.approx(1, abs=1e-3) and -1 <= readback.score <= 1


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"start": "photo"}, "Unknown start"),
        ({"start": "prior", "level": 0.0}, "from 0.05 to 1"),
        ({"solver": "euler"}, "Unknown solver"),
        ({"solver": "flow-euler"}, "cannot be drawn with"),
        ({"solver": "lcm", "steps": 60}, "at most 50"),
        ({"steps": 0}, "number of"),
    ],
)
def test_impossible_requests_are_refused(pipeline, changed, match):
    with pytest.raises(RecipeError, match=match):
        list(pipeline.draw(asking(**changed)))


def test_stable_diffusion_draws_through_the_same_class(root, stable_diffusion, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_SD", str(stable_diffusion))
    pipeline = PromptsPipeline(root, "sd")
    assert pipeline.missing() is None and not pipeline.has_prior()
    first, *_, result = pipeline.draw(replace(asking(prompt="a dragon"), maps=True))
    assert first.preview.size == (40, 40)  # rough colours of the latents: decoding would take too long
    assert result.drawings[0].image.size == (320, 320) and result.notes == ()
    assert result.drawings[0].recipe.model == "stable-diffusion" and len(result.drawings[0].maps) == 2
    assert pixels(last(PromptsPipeline(root, str(stable_diffusion)).draw(asking(prompt="a dragon")))) == pixels(result)
    with pytest.raises(RecipeError, match="no draft"):
        list(pipeline.draw(asking(start="prior")))


def test_missing_and_damaged_models_say_what_to_do(root, tmp_path, monkeypatch):
    assert "train_text.py" in PromptsPipeline(tmp_path).missing()
    monkeypatch.setenv("LATENTSCAPE_SD", str(tmp_path / "nothing"))
    assert "Set LATENTSCAPE_SD" in PromptsPipeline(root, "sd").missing()
    for path in (root / "text").rglob("*"):
        if path.is_file():
            copy = tmp_path / "text" / path.relative_to(root / "text")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes()[: 2000 if path.parent.name == "unet" and "safe" in path.name else None])
    with pytest.raises(checkpoints.CheckpointError, match="cannot be opened"):
        list(PromptsPipeline(tmp_path).draw(SMALL))


def test_the_command_draws_one_picture_per_line(root, pipeline, tmp_path, monkeypatch, capsys):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a smiling woman with glasses\nsushi\n")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    call = f"sample.py text --prompts {prompts} --seed 11 --steps 3 --out {tmp_path / 'out'} --checkpoints {root}"
    monkeypatch.setattr(sys, "argv", call.split())
    runpy.run_path(str(SCRIPTS / "sample.py"), run_name="__main__")
    assert "2 pictures drawn" in capsys.readouterr().out
    first, second = ((tmp_path / "out" / f"0000{i}.png").read_bytes() for i in range(2))
    assert from_png(second).seed == 12 and from_png(second).prompt == "sushi"
    assert from_png(first) == replace(pipeline.usual(), seed=11, steps=3, prompt="a smiling woman with glasses")
    again = last(pipeline.draw(replace(SMALL, recipe=from_png(first))))
    assert pixels(again) == [Image.open(io.BytesIO(first)).convert("RGB").tobytes()]


def test_the_page_can_import_it_without_torch():
    program = "import sys; from core.pipelines.prompts.pipeline import PromptsPipeline as P; "
    program += "P('x').parse('a man'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=SCRIPTS.parent)
    assert done.stdout.strip() == "False", done.stderr


def test_the_benchmark_times_what_is_here_and_nothing_else(root, tmp_path):
    rows = measure_prompts(root, times=1)
    timed = ("first_preview_ms", "picture_ms", "four_ms", "plain_ms", "ratio")
    assert set(rows) == {f"prompt_{what}" for what in timed} and all(value > 0 for value in rows.values())
    assert measure_prompts(tmp_path, times=1) == {}
