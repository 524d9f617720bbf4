"""A recipe on its ways through the Faces tab, in a browser: history, reload, link and PNG."""

from __future__ import annotations

import json
from functools import partial
from urllib.parse import urlparse

import pytest
from browser import IN_BROWSER, drop, loaded
from faces_page import DRAWN, PICTURE, idle, recipe, set_state, visited
from PIL import Image

from core.recipe import from_png

pytestmark = IN_BROWSER


@pytest.fixture()
def visit(opened, faces_url):
    return partial(visited, opened, faces_url)


def test_history_restores_everything(visit):
    page = visit()
    idle(page)
    first, picture = recipe(page), page.evaluate(PICTURE)
    set_state(page, "Male", "present")
    page.locator("#reroll").click()
    page.wait_for_function("() => document.querySelectorAll('#faces-history .thumb').length === 3")
    idle(page)
    page.locator("#faces-history .thumb").first.click()
    assert recipe(page) == first and page.evaluate(PICTURE) == picture
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    assert recipe(page)["attributes"].get("Male") == 1
    page.locator("#seed").focus()
    page.keyboard.press("ArrowLeft")
    assert recipe(page)["attributes"].get("Male") == 1, "keys belong to the field that has the focus"


def test_r_rerolls_unless_the_seed_is_locked(visit):
    page = visit()
    idle(page)
    seed = recipe(page)["seed"]
    page.keyboard.press("r")
    idle(page)
    assert recipe(page)["seed"] != seed
    page.locator("#lock").click()
    seed = recipe(page)["seed"]
    page.keyboard.press("r")
    assert recipe(page)["seed"] == seed and page.locator("#reroll").is_disabled()
    assert "locked" in page.locator(".message").inner_text()


def test_a_reload_and_a_link_keep_the_recipe(visit):
    page = visit()
    set_state(page, "Young", "absent")
    before, pad = page.evaluate(PICTURE), page.locator("#nearby")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    page.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=before)
    idle(page)
    assert recipe(page)["nearby"] == [pytest.approx(0.5, abs=0.02), pytest.approx(0, abs=0.02)]
    assert "45° away" in page.inner_text("#faces-canvas .stage-info")
    wanted, picture = recipe(page), page.evaluate(PICTURE)
    assert "r=" in page.url
    page.reload()
    loaded(page)
    page.wait_for_selector(DRAWN)
    idle(page)
    assert recipe(page) == wanted and page.evaluate(PICTURE) == picture
    other = visit(query="?" + urlparse(page.url).query)
    idle(other)
    assert recipe(other) == wanted and other.evaluate(PICTURE) == picture
    other.get_by_role("tab", name="Models").click()
    other.wait_for_url("**#models")
    page.keyboard.press("r")  # another seed begins in the middle of its own plane
    idle(page)
    assert recipe(page)["nearby"] == [0, 0] and page.locator("#nearby-back").is_disabled()
    other.reload()
    other.wait_for_selector("#models-canvas h1")
    assert other.locator("#models-tab").is_visible() and other.url.endswith("#models")


def test_a_damaged_link_is_reported_and_a_face_is_drawn_all_the_same(visit):
    page = visit(query="?r=broken")
    assert "link" in page.locator(".message").inner_text()


def test_a_downloaded_png_dropped_back_restores_its_recipe(visit, tmp_path):
    page = visit()
    set_state(page, "Smiling", "absent")
    wanted, picture = recipe(page), page.evaluate(PICTURE)
    with page.expect_download() as download:
        page.locator("#download").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert f"seed{wanted['seed']}" in path.name
    assert from_png(path.read_bytes()).attributes == wanted["attributes"]
    with page.expect_download() as download:
        page.locator("#download-enlarged").click()
    assert Image.open(download.value.path()).size == (256, 256)
    page.locator("#clear-all").click()
    idle(page)
    drop(page, path.read_bytes(), path.name)
    page.wait_for_function(
        "(wanted) => JSON.stringify(latentscape.faces.state.recipe.attributes) === wanted",
        arg=json.dumps(wanted["attributes"], separators=(",", ":")),
    )
    idle(page)
    assert recipe(page)["seed"] == wanted["seed"] and page.evaluate(PICTURE) == picture
