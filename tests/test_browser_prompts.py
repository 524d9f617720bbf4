"""The Text prompts tab as a visitor meets it: a real browser against the real app on tiny random weights."""

from __future__ import annotations

import pytest
import tiny_text
from browser import IN_BROWSER, drop, served
from PIL import Image

import app
from core.recipe import Recipe, from_png, to_link, to_png

pytestmark = IN_BROWSER
DRAWN = "#prompts-pictures canvas[data-painted]"
SHOWN = "() => latentscape.prompts.state.shown"
PICTURE = "() => latentscape.prompts.state.shown.pictures[0]?.picture"
CALM = "() => latentscape.prompts.requests.calm"


@pytest.fixture(scope="module")
def root(tmp_path_factory, tiny_checkpoints):
    folder = tiny_text.checkpoint_root(tmp_path_factory.mktemp("prompts"))
    (folder / "faces").symlink_to(tiny_checkpoints / "faces")
    return folder


@pytest.fixture(scope="module")
def url(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTSCAPE_SD", str(root / "nowhere"))
        with served(app.build(root=str(root))) as address:
            yield address


@pytest.fixture()
def bare_url(tiny_checkpoints, tmp_path_factory):
    """Only Stable Diffusion is here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTSCAPE_SD", str(tiny_text.stable_diffusion(tmp_path_factory.mktemp("sd"))))
        with served(app.build(root=str(tiny_checkpoints))) as address:
            yield address


@pytest.fixture()
def visit(opened, url):
    """Opens the tab, by itself or by a link, and waits for its first picture."""

    def visited(address=url, query="", drawn=True, **size):
        page = opened(address + query, **size)
        if not query:
            page.get_by_role("tab", name="Text prompts").click()
        if drawn:
            page.wait_for_selector(DRAWN)
            page.wait_for_function(CALM)
        return page

    return visited


def drawn_anew(page, act):
    """What ``act`` sets off is on the canvas."""
    before = page.evaluate(PICTURE)
    act()
    page.wait_for_function(f"(before) => {{ const now = ({PICTURE})(); return now && now !== before; }}", arg=before)
    page.wait_for_function(CALM)
    return page.evaluate(SHOWN)


def test_typing_marks_the_words_and_draws_them(visit):
    page = visit()
    assert page.locator("#prompts-history .thumb").count() == 1
    drawn_anew(page, lambda: page.fill("#prompt", "an old man with a purple dragon 😀 and <b>glasses</b>"))
    page.wait_for_selector('.prompt-marks mark[data-kind="unknown"]')
    known = page.locator('.prompt-marks mark[data-kind="known"]').all_inner_texts()
    unknown = page.locator('.prompt-marks mark[data-kind="unknown"]').all_inner_texts()
    assert known == ["old", "man", "glasses"] and unknown[:2] == ["purple", "dragon"]
    status = page.locator("#prompt-status").inner_text()
    assert "Old, Man, Eyeglasses" in status and "faces and twenty foods" in status
    assert page.locator(".prompt-marks b, .words b").count() == 0, "markup in a prompt is text"
    assert page.locator('.chip[data-phrase="old"]').get_attribute("aria-pressed") == "true"
    page.wait_for_selector(".meter:has-text('Eyeglasses')")
    page.wait_for_function("() => document.querySelectorAll('#prompts-history .thumb').length === 2")


def test_a_word_shows_where_the_model_looked_and_the_film_goes_back(visit):
    page = visit()
    page.wait_for_selector(".words .word:not([disabled])")
    page.locator(".word", has_text="smiling").hover()
    page.wait_for_selector("#prompts-pictures .tile[data-heat] canvas.heat[data-painted]")
    page.locator("#prompt-status").hover()
    page.wait_for_selector("#prompts-pictures .tile:not([data-heat])")
    assert page.locator(".film-frame").count() == 8
    page.locator(".film-frame").first.click()
    assert page.evaluate("() => latentscape.prompts.state.shown.frame").startswith("data:image")
    page.locator(".film-frame").last.click()
    assert page.evaluate("() => latentscape.prompts.state.shown.frame") is None
    page.locator("#prompts-look-inside").click()
    page.wait_for_selector("#prompts-inside-step[max='6']:not([disabled])")  # of 12 steps a draft saves 5
    assert page.locator(".prompt-detail").is_hidden()


def test_a_slow_drawing_is_seen_on_its_way_and_stops_with_what_is_there(visit):
    page = visit()
    page.locator('#prompts input[aria-label="Steps, exact"]').fill("250")
    page.keyboard.press("Tab")
    page.wait_for_selector(".progress:not([hidden])")
    page.wait_for_function(
        "() => /^Step \\d+ of 150/.test(document.querySelector('#prompts-canvas .progress span').textContent)"
    )
    page.wait_for_selector("#prompts-pictures canvas[data-painted*=jpeg], #prompts-pictures canvas[data-painted]")
    page.click("#prompts-stop")
    page.wait_for_function(CALM)
    shown = page.evaluate(SHOWN)
    assert shown["recipe"]["steps"] == 250 and len(shown["pictures"]) == 1
    assert "Stopped" in page.locator("#prompts-canvas .message").inner_text()


def test_the_best_of_several_comes_first(visit):
    page = visit()
    page.click("#prompt-best")
    page.wait_for_function("() => latentscape.prompts.state.shown.readback?.length === 4")
    page.wait_for_function("() => document.querySelectorAll('#prompts-pictures .tile-tag:not([hidden])').length === 4")
    shown = page.evaluate(SHOWN)
    scores = [one["score"] for one in shown["readback"]]
    tags = page.locator("#prompts-pictures .tile-tag").all_inner_texts()
    assert tags[0] == f"Best, CLIP {max(scores):.2f}" and tags[-1] == f"CLIP {min(scores):.2f}"
    assert shown["selected"] == scores.index(max(scores))
    first = page.locator("#prompts-pictures canvas[data-seed]").first.get_attribute("data-seed")
    assert int(first) == shown["pictures"][shown["selected"]]["seed"]


def test_two_prompts_beside_each_other_and_into_each_other(visit):
    page = visit()
    page.click('[data-mode="compare"]')
    page.wait_for_function("() => latentscape.prompts.state.shown.kind === 'compare'")
    page.wait_for_function("() => document.querySelectorAll('#prompts-pictures .tile').length === 2")
    first, second = page.evaluate(SHOWN)["pictures"]
    assert first["seed"] == second["seed"] and first["prompt"] != second["prompt"]
    page.click('[data-mode="morph"]')
    page.wait_for_function("() => latentscape.prompts.state.shown.kind === 'morph'")
    frames = page.evaluate(SHOWN)["frames"]
    page.locator("#prompts-film").evaluate("n => { n.value = 4; n.dispatchEvent(new Event('input')); }")
    assert len(frames) == 9 and page.evaluate("() => latentscape.prompts.state.shown.frame") == frames[4]


def test_chips_write_the_sentence(visit):
    page = visit()
    page.locator(".prompt-builder .text-button").click()
    for phrase in ("woman", "young", "wavy", "blond", "glasses"):
        page.locator(f'.chip[data-phrase="{phrase}"]').click()
    assert page.input_value("#prompt") == "a young woman with wavy blond hair, wearing glasses"
    page.locator('.chip[data-phrase="man"]').click()
    page.locator('.chip[data-phrase="glasses"]').click()
    assert page.input_value("#prompt") == "a young man with wavy blond hair"
    page.locator(".chip", has_text="Sushi").click()
    assert page.input_value("#prompt") == "a plate of sushi"


def test_the_draft_stands_beside_its_result_or_in_its_corner(visit):
    page = visit()
    page.wait_for_selector(".origin canvas[data-painted]")
    draft, tile = (page.locator(name).bounding_box() for name in (".origin canvas", "#prompts-pictures .tile"))
    assert draft["x"] >= tile["x"] + tile["width"] and tile["width"] > 320 and draft["width"] >= 72
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector(".origin[data-tight]")
    draft, tile = (page.locator(name).bounding_box() for name in (".origin canvas", "#prompts-pictures .tile"))
    assert tile["x"] < draft["x"] < draft["x"] + draft["width"] < tile["x"] + tile["width"] / 2
    page.set_viewport_size({"width": 1440, "height": 900})
    drawn_anew(page, lambda: page.click('[data-start="noise"]'))
    assert page.locator(".origin").is_hidden()


def test_a_download_dropped_anywhere_draws_the_same_picture(visit):
    page = visit()
    shown = drawn_anew(page, lambda: page.fill("#prompt", "a plate of sushi"))
    with page.expect_download() as download:
        page.click("#prompts-download")
    data = download.value.path().read_bytes()
    assert from_png(data).prompt == "a plate of sushi" and download.value.suggested_filename.startswith(
        "latentscape-text-seed"
    )
    drawn_anew(page, lambda: page.fill("#prompt", "a man"))
    page.get_by_role("tab", name="Faces").click()
    drop(page, data, "mine.png")
    page.wait_for_function(
        "(picture) => latentscape.prompts.state.shown.pictures[0]?.picture === picture",
        arg=shown["pictures"][0]["picture"],
    )
    assert page.input_value("#prompt") == "a plate of sushi" and page.locator("#prompts").is_visible()


def test_a_link_opens_the_tab_and_history_brings_prompts_back(visit):
    recipe = Recipe(seed=77, model="text", prompt="a bowl of ramen", steps=3)
    page = visit(query=f"?r={to_link(recipe)}")
    page.wait_for_function("() => latentscape.prompts.state.shown?.pictures[0]?.seed === 77")
    assert page.input_value("#prompt") == "a bowl of ramen"
    shown = drawn_anew(page, lambda: page.locator(".prompt-example").first.click())
    assert shown["recipe"]["prompt"] == page.input_value("#prompt") != "a bowl of ramen"
    page.wait_for_function("() => document.querySelectorAll('#prompts-history .thumb').length === 2")
    page.locator("#prompts-history .thumb").first.click()
    assert page.input_value("#prompt") == "a bowl of ramen" and page.evaluate(SHOWN)["pictures"][0]["seed"] == 77
    page.keyboard.press("ArrowRight")
    assert page.input_value("#prompt") == shown["recipe"]["prompt"]


def test_a_picture_opens_the_tab_that_waits_in_the_overflow_menu(opened, url):
    page = opened(url, width=1200, height=640)
    page.wait_for_selector("#pictures canvas[data-painted]")
    page.add_style_tag(content="#tabs > .tab-wrapper button { font-size: 72px !important }")  # as large letters do
    page.set_viewport_size({"width": 800, "height": 640})
    page.wait_for_function(
        """() => [...document.querySelectorAll('#tabs > .tab-wrapper .overflow-dropdown button')]
            .some((tab) => tab.textContent.trim() === 'Text prompts')"""
    )
    recipe = Recipe(seed=78, model="text", prompt="a bowl of ramen", steps=3)
    drop(page, to_png(Image.new("RGB", (64, 64)), recipe), "ramen.png")
    page.wait_for_function(f"() => ({SHOWN})()?.pictures[0]?.seed === 78")
    assert page.locator("#prompts").is_visible()


def test_ten_thousand_words_are_cut_and_it_is_said(visit):
    page = visit()
    shown = drawn_anew(page, lambda: page.fill("#prompt", "woman " * 10_000))
    assert len(shown["recipe"]["prompt"]) <= 2000
    page.wait_for_selector(".prompt-cut")
    assert "fit the text encoder" in page.locator("#prompt-status").inner_text()
    for prompt in ("", "   ", "улыбка 笑顔", "{{7*7}} ${x} %s", "bald woman with long hair"):
        page.fill("#prompt", prompt)
        page.keyboard.press("Enter")
        page.wait_for_function(
            f"(text) => ({SHOWN})().recipe.prompt === text.trim() && ({CALM})()",
            arg=prompt,
        )
    assert page.locator("#prompts-canvas .message[data-kind=error]:not([hidden])").count() == 0


def test_a_picture_goes_to_faces(visit):
    page = visit()
    page.click("#prompts-to-faces")
    page.wait_for_function(
        "() => latentscape.faces.state.mode === 'edit' && latentscape.faces.state.photo", timeout=180_000
    )


def test_a_picture_goes_to_reconstruction(visit):
    page = visit()
    page.click("#prompts-to-reconstruction")
    page.wait_for_function(
        "() => latentscape.reconstruction.state.rows.some((row) => row.name.startsWith('a smiling young'))",
        timeout=180_000,
    )


def test_without_any_model_there_is_no_tab(browser, tiny_checkpoints, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_SD", str(tiny_checkpoints / "nowhere"))
    with served(app.build(root=str(tiny_checkpoints))) as address:
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("tab", name="Reconstruction").wait_for()
        assert page.get_by_role("tab", name="Text prompts").count() == 0
        page.close()


def test_without_its_weights_the_tab_says_how_to_make_them(bare_url, visit):
    page = visit(bare_url, drawn=False)
    page.wait_for_selector("#prompts-canvas .absent:not([hidden]) code")
    assert page.locator("#prompts-canvas .absent code").inner_text().startswith("python scripts/train_text.py")
    page.fill("#prompt", "a smiling dragon")
    page.wait_for_selector('.prompt-marks mark[data-kind="unknown"]')
    assert "Understood: Smiling" in page.locator("#prompt-status").inner_text()
    assert page.locator("#prompt-best").is_disabled()


def test_stable_diffusion_that_is_not_here_says_what_to_do(visit):
    page = visit()
    page.select_option("#prompt-model", "stable-diffusion")
    page.wait_for_selector("#prompts-canvas .absent:not([hidden])")
    assert "LATENTSCAPE_SD" in page.locator("#prompts-canvas .absent").inner_text()
    page.get_by_role("button", name="Use the built-in model").click()
    page.wait_for_selector("#prompts-canvas .absent[hidden]", state="attached")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (390, 844)])
def test_the_tab_fits_and_every_control_has_a_name(visit, width, height):
    page = visit(width=width, height=height)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # laid out
    tall, wide = page.evaluate("() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert wide <= width and (tall <= height or width < 760)
    assert page.locator(DRAWN).first.bounding_box()["width"] >= 320
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('#prompts button, #prompts input, #prompts select, #prompts textarea')]
            .filter((n) => !n.closest('[hidden]') && n.offsetParent)
            .filter((n) => !(n.getAttribute('aria-label') || n.innerText?.trim() || n.title || n.labels?.length))
            .map((n) => n.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


def test_pictures_of_the_faces_tab_still_restore_there(visit):
    page = visit()
    data = to_png(Image.new("RGB", (64, 64)), Recipe(seed=5, prompt='a note: "model":"text"'))
    drop(page, data, "face.png")
    page.wait_for_function("() => latentscape.faces.state.recipe.seed === 5")
    assert page.locator("#faces").is_visible()
