"""The Latent map as a visitor meets it: a real browser, the real app, a small atlas."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from browser import IN_BROWSER, mapped
from map_page import EMPTY, LARGE, PIXEL, settled, shown, visited
from tiny_map import COUNT

pytestmark = IN_BROWSER


@pytest.fixture()
def visit(opened, map_url):
    return partial(visited, opened, address=map_url)


def test_a_point_shows_its_picture_and_its_attributes(visit):
    page = shown(visit())
    pixels = page.evaluate("() => document.querySelector('.latent-map-points').width")
    assert pixels > 900 and page.locator(".latent-map-veil").is_hidden()
    x, y = page.evaluate(PIXEL, 7)
    page.mouse.move(x, y)
    assert page.locator(".latent-map-tip").is_visible()
    page.mouse.click(x, y)
    page.wait_for_selector(".latent-map-through")
    page.wait_for_function(LARGE)
    words = page.locator(".latent-map-panel").inner_text()
    assert "Smiling" in words and "Nearest in every space" in words
    picked = page.evaluate(PIXEL, page.evaluate("() => latentscape.map.state.picked.row"))
    assert abs(picked[0] - x) < 16 and abs(picked[1] - y) < 16


def test_a_map_is_used_with_keys_alone(visit):
    page = shown(visit())
    page.keyboard.press("Tab")
    page.locator(".latent-map-marks").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function("() => latentscape.map.state.picked?.row >= 0")
    first = page.evaluate("() => latentscape.map.state.picked.row")
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    for key in ("Shift+ArrowLeft", "ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_selector(".latent-map-frame")
    stops = page.evaluate("() => latentscape.map.state.stops")
    assert len(stops) == 2 and stops[0] == {"row": first}
    settled(page)
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("ArrowUp")
    page.wait_for_selector(".latent-map-sure")
    settled(page)


def test_an_empty_place_is_decoded_live(visit):
    page = shown(visit())
    x, y = page.evaluate(EMPTY)
    page.mouse.click(x, y)
    page.wait_for_selector(".latent-map-sure")
    page.wait_for_function(LARGE)
    settled(page)
    before = page.evaluate(LARGE)
    assert "uncertainty" in page.locator(".latent-map-sure").inner_text()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 160, y + 120, steps=8)
    page.wait_for_function(
        "before => document.querySelector('.latent-map-large').dataset.painted !== before", arg=before
    )
    page.mouse.up()
    settled(page)
    assert page.evaluate("() => latentscape.map.state.picked.place.every(Number.isFinite)")


def test_two_stops_become_a_film(visit):
    page = shown(visit())
    page.locator('[data-tool="path"]').click()
    page.mouse.click(*page.evaluate(PIXEL, 4))
    page.mouse.click(*page.evaluate(EMPTY))
    page.wait_for_selector(".latent-map-frame")
    settled(page)
    assert page.locator(".latent-map-frame").count() == 16
    page.locator(".latent-map-frame").nth(12).click()
    assert page.evaluate("() => latentscape.map.state.frame") == 12
    assert "13 of 16" in page.locator(".latent-map-where").inner_text()
    with page.expect_download() as download:
        page.locator("#latent-map-gif").click()
    assert download.value.suggested_filename.endswith(".gif")
    with page.expect_download() as download:
        page.locator("#latent-map-mp4").click()
    film = Path(download.value.path()).read_bytes()
    assert film[4:8] == b"ftyp" and b"avc1" in film
    seconds = """async (bytes) => { const film = document.createElement('video');
        film.src = URL.createObjectURL(new Blob([Uint8Array.from(bytes)], {type: 'video/mp4'}));
        await new Promise((done, failed) => { film.onloadeddata = done; film.onerror = failed; });
        return [film.duration, film.videoWidth]; }"""
    assert page.evaluate(seconds, list(film)) == [46 * 0.07, 256]  # 24 pictures there and 22 back
    page.keyboard.press("Escape")
    assert page.locator(".latent-map-film").is_hidden()


def test_a_lasso_says_what_a_selection_has_in_common(visit):
    page = shown(visit())
    page.locator('[data-tool="lasso"]').click()
    box = page.locator(".latent-map-marks").bounding_box()
    left, top, right, bottom = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] - 330, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom), (left, top + 5)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    page.wait_for_selector(".latent-map-traits")
    assert f"{COUNT} pictures" in page.locator(".latent-map-panel").inner_text()


def test_a_place_in_three_dimensions_is_decoded_where_it_was_clicked(visit):
    page = shown(visit())
    page.locator('.latent-map-projections [data-key="pca3"]').click()
    page.wait_for_selector('.latent-map-plane[data-ready="vae pca3"]')
    settled(page)
    x, y = page.evaluate(EMPTY)
    page.mouse.click(x, y)
    page.wait_for_selector(".latent-map-sure")
    settled(page)
    there = """() => { const { state, pixelOf } = latentscape.map, { plane } = state;
        const box = plane.element.getBoundingClientRect(), [x, y] = pixelOf(plane, state.picked.place);
        return [box.left + x, box.top + y, state.picked.place.length]; }"""
    assert page.evaluate(there) == pytest.approx([x, y, 3], abs=0.5)


def test_a_second_map_leaves_nothing_behind(visit):
    page = shown(visit())
    page.evaluate(
        """() => { window.lost = 0;
            document.querySelector('[data-slot="first"] .latent-map-points')
                .addEventListener('webglcontextlost', () => window.lost++); }"""
    )
    for _ in range(20):  # a browser keeps some sixteen WebGL contexts, and drops the oldest for another one
        page.locator("#latent-map-beside").check()
        page.wait_for_selector('[data-slot="second"]')
        page.locator("#latent-map-beside").uncheck()
    settled(page)
    assert page.locator(".latent-map-plane").count() == 1
    assert page.evaluate("() => window.lost") == 0


def test_a_sheet_of_thumbnails_that_fails_is_fetched_again(opened, map_url):
    page = opened(map_url)
    failed = []

    def fail(route):
        if '"sheet"' not in (route.request.post_data or "") or failed:
            return route.continue_()
        failed.append(json.loads(route.request.post_data)["data"])
        content = failed[0][0] if isinstance(failed[0], list) else failed[0]
        route.fulfill(json={"request_id": content["request_id"], "last": True, "error": "The sheet could not be read."})

    page.route(re.compile("component_server"), fail)
    page.get_by_role("tab", name="Latent map").click()
    shown(page)
    page.wait_for_function("() => latentscape.map.state.sheets[0]?.naturalWidth > 0")
    assert len(failed) == 1


def test_on_a_phone_nothing_is_cut_off(visit):
    page = shown(visit(width=390, height=844))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.mouse.click(*page.evaluate(PIXEL, 7))
    page.wait_for_selector(".latent-map-bars")


def test_without_an_atlas_the_command_is_named(visit, tiny_checkpoints, tmp_path):
    with mapped(tiny_checkpoints, tmp_path) as address:
        page = visit(address=address)
        page.wait_for_selector(".latent-map-empty")
        assert "python scripts/build_atlas.py" in page.locator(".latent-map-empty code").inner_text()
        assert page.locator(".latent-map-panel").is_hidden()
        page.close()  # before its server ends: a page without one says so in the console
