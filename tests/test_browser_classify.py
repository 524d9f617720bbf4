"""The Classify tab as a visitor meets it: a face is there, a click shows where it looked, a photo comes in."""

from __future__ import annotations

import io
import json
import shutil

import pytest
from browser import IN_BROWSER, drop, enter, loaded, nameless, served
from tiny_generators import all_generators

import app
from core.checkpoints import write_json

pytestmark = IN_BROWSER
STATE = "latentscape.classify.state"
READ = f"() => latentscape.classify.requests.idle && {STATE}.classified"
HEAT = ".classify-picture[data-heat] .heat[data-painted]"


@pytest.fixture(scope="module")
def url(tiny_checkpoints, detector_checkpoints, tmp_path_factory):
    root = all_generators(tiny_checkpoints, tmp_path_factory.mktemp("classify"))
    for name in ("detector", "eyes"):
        (root / name).symlink_to((detector_checkpoints / name).resolve(), target_is_directory=True)
    shutil.copytree(root / "classifier", root / "trams")
    config = json.loads((root / "trams" / "config.json").read_text())
    write_json(root / "trams" / "config.json", {**config, "class_names": ["bus", "tram", "walk"]})
    curves = {"loss": {"steps": [1, 2], "values": [2.0, 1.0]}, "val_loss": {"steps": [2], "values": [1.1]}}
    write_json(root / "trams" / "training.json", {"own_classes": True, "curves": curves})
    with served(app.build(root=str(root))) as address:
        yield address


def read(page, name):
    """Waits until the picture of this name has been read."""
    page.wait_for_function(f"(name) => ({READ})() && {STATE}.photo.name === name", arg=name)


def test_a_visit(opened, url, portrait):
    page = opened(url)
    page.wait_for_function("() => latentscape.faces.state.shown")
    enter(page, "Classify", READ)  # the face of the first tab, before anyone touches anything
    assert page.locator(".classify-row").count() == 43 and not nameless(page, "#classify")
    page.click('.classify-row[data-name="Smiling"]')
    page.wait_for_selector(HEAT)
    assert "attribute=Smiling" in page.url and page.inner_text(".classify-stage .stage-info").startswith("Smiling: ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {STATE}.heat && {STATE}.heat.name !== 'Smiling'")
    page.keyboard.press("Escape")
    page.wait_for_selector(".classify-picture:not([data-heat])")
    file = io.BytesIO()
    portrait.save(file, "PNG")
    drop(page, file.getvalue(), "me.png")
    read(page, "me.png")
    assert page.evaluate(f"() => {STATE}.classified.face") is True and page.is_visible("#classify .crop")
    drop(page, b"no picture at all", "broken.png")
    page.wait_for_selector("#classify .message[data-kind=error]")
    assert page.evaluate(f"() => {STATE}.photo.name") == "me.png"  # nothing of theirs is lost
    drop(page, b"%PDF", "letter.pdf", "application/pdf")
    page.get_by_text("letter.pdf is not a picture").wait_for()
    page.select_option("#classify-model", "trams")
    page.wait_for_selector('.classify-row[data-name="tram"]')
    page.click('.classify-row[data-name="tram"]')
    page.wait_for_selector(HEAT)
    page.click("[data-mode=figures]")
    page.wait_for_selector(".classify-figures .chart .main-svg")
    assert "model=trams" in page.url and "class=tram" in page.url and "view=figures" in page.url
    page.reload()
    loaded(page)
    page.wait_for_selector(".classify-figures .chart .main-svg")
    page.click("[data-mode=picture]")
    page.wait_for_selector(HEAT)
    assert page.evaluate(f"() => [{STATE}.photo.name, {STATE}.model, {STATE}.chosen.name]") == [
        "me.png",
        "trams",
        "tram",
    ]


def test_variations_of_one_picture_and_of_two(opened, url, portrait):
    page = opened(url)
    page.wait_for_function("() => latentscape.faces.state.shown")
    enter(page, "Classify", READ)
    page.click("[data-mode=variations]")
    page.click("#classify-vary")
    page.wait_for_selector('.classify-tile[data-variation="3"] canvas[data-painted]')
    assert "view=variations" in page.url and page.inner_text(".classify-stage .stage-info").startswith("Seed 0")
    page.click('.classify-tile[data-variation="2"]')
    page.wait_for_selector('.classify-tile[data-variation="2"][data-selected]')
    assert page.inner_text(".classify-stage .stage-info").startswith("Seed 2") and not nameless(page, "#classify")
    first = page.evaluate(f"() => {STATE}.photo.source")
    page.click('[data-slot="second"]')
    file = io.BytesIO()
    portrait.save(file, "PNG")
    drop(page, file.getvalue(), "me.png")
    page.wait_for_selector('.classify-tile[aria-label="Second"] canvas[data-painted]')
    assert page.evaluate(f"() => {STATE}.photo.source") == first  # the first stays where it is
    page.click('#classify [data-key="walk"]')
    page.click("#classify-vary")
    page.wait_for_function("() => latentscape.classify.vary.drawn.other")
    seeds = page.evaluate("() => latentscape.classify.vary.drawn.variations.map(({ seed }) => seed)")
    assert seeds == [0, 0, 0, 0]
    page.locator('#classify-canvas [data-send="faces"]').click()
    page.wait_for_function("() => latentscape.faces.state.mode === 'edit'")


def test_a_picture_comes_from_another_tab_and_goes_on_on_a_phone(opened, url):
    page = opened(url, width=390, height=844, has_touch=True)
    page.wait_for_function("() => latentscape.faces.requests.idle && latentscape.faces.state.shown")
    face = page.evaluate("() => latentscape.faces.state.shown.faces[0].picture")
    page.locator('#faces-canvas [data-send="classify"]').tap()
    page.wait_for_function(READ)
    assert page.evaluate(f"() => {STATE}.photo.source") == face
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.locator('.classify-row[data-name="Male"]').tap()
    page.wait_for_selector(HEAT)
    page.locator('#classify-canvas [data-send="reconstruction"]').tap()
    page.wait_for_selector(".reconstruction-original")
