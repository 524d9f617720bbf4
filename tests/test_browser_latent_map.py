"""The Latent map as a visitor meets it: a real browser, the real app, a small atlas."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tiny_text
from browser import IN_BROWSER, drop, served
from PIL import Image
from tiny_map import COUNT, noise_atlas

import app

pytestmark = IN_BROWSER
IDLE = "() => latentscape.map.requests.idle && latentscape.map.state.colouring"
LARGE = "() => document.querySelector('.latent-map-large')?.dataset.painted"
PIXEL = """row => { const plane = latentscape.map.state.plane, box = plane.element.getBoundingClientRect();
    return [box.left + plane.pixels[2 * row], box.top + plane.pixels[2 * row + 1]]; }"""
STILL = """() => new Promise((done) => {
    let [before, frames] = ["", 0];
    const look = () => {
        const now = String(latentscape.map.state.plane.pixels), same = now === before;
        [before, frames] = [now, same ? frames + 1 : 0];
        return frames === 5 ? done() : requestAnimationFrame(look);
    };
    look();
})"""  # no point has moved for five frames: neither gliding nor measuring the page goes on
EMPTY = """() => { const plane = latentscape.map.state.plane, box = plane.element.getBoundingClientRect();
    const far = (x, y) => plane.pixels.every((_, i) => i % 2 || Math.hypot(plane.pixels[i] - x, plane.pixels[i + 1] - y) > 30);
    for (let y = 60; y < box.height - 260; y += 12) for (let x = 60; x < box.width - 420; x += 12)
      if (far(x, y)) return [box.left + x, box.top + y]; }"""  # noqa: E501


@contextmanager
def mapped(root, atlases):
    """The address of the app while it runs with these atlases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTSCAPE_ATLASES", str(atlases))
        page = app.build(root=str(root))
    with served(page) as address:
        yield address


@pytest.fixture(scope="module")
def url(tiny_checkpoints, tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlases")
    noise_atlas(tiny_checkpoints, folder)
    with mapped(tiny_checkpoints, folder) as address:
        yield address


@pytest.fixture()
def visit(opened, url):
    """Opens the tab, its map not yet drawn."""

    def visited(address=url, **size):
        page = opened(address, **size)
        page.get_by_role("tab", name="Latent map").click()
        return page

    return visited


def shown(page):
    page.wait_for_selector(".latent-map-plane[data-ready]")
    settled(page)
    return page


def settled(page):
    page.wait_for_function(IDLE)
    page.evaluate(STILL)
    page.wait_for_function(IDLE)


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


def test_search_clusters_and_another_space(visit):
    page = shown(visit())
    page.locator("#latent-map-search").fill("smiling")
    page.wait_for_function("() => latentscape.map.state.rows?.length === 32")
    assert "32 pictures by attributes: smiling" in page.locator("#latent-map-found").inner_text()
    assert page.locator("#latent-map-by-words").is_hidden()  # there is no CLIP here
    page.locator("#latent-map-search").fill("xyzzy")
    page.wait_for_selector(".latent-map-middle > .message")
    page.locator("#latent-map-cluster").click()
    page.wait_for_selector(".latent-map-cluster")
    settled(page)
    assert page.locator(".latent-map-cluster").count() == 8
    page.locator('.latent-map-projections [data-key="pca3"]').click()
    page.wait_for_selector('.latent-map-plane[data-ready="vae pca3"]')
    settled(page)
    assert page.input_value("#latent-map-colour") == "found" and page.locator(".latent-map-legend .chip").count() == 8
    page.locator("#latent-map-beside").check()
    page.wait_for_selector('[data-slot="second"][data-ready^="classifier"]')
    settled(page)


@pytest.fixture(scope="module")
def worded(tiny_checkpoints, tmp_path_factory):
    """The app with a CLIP, and an atlas that it has encoded."""
    root = tmp_path_factory.mktemp("with-clip") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    shutil.copytree(tiny_text.clip_folder(tmp_path_factory.mktemp("clip")), root / "clip")
    noise_atlas(root, root / "atlases")
    with mapped(root, root / "atlases") as address:
        yield address


def test_any_words_are_looked_for_and_the_points_say_how_near_they_are(visit, worded):
    page = shown(visit(address=worded))
    page.locator("#latent-map-search").fill("<b>somebody</b> on a bicycle")
    page.wait_for_function("() => latentscape.map.state.sought?.rows === latentscape.map.state.rows")
    page.wait_for_selector(".latent-map-panel .latent-map-traits")
    settled(page)
    said = page.locator("#latent-map-found").inner_text()
    assert "8 pictures nearest to the words “<b>somebody</b> on a bicycle”, by CLIP" in said and "bicycle." in said
    assert page.locator("#latent-map-colour").input_value() == "sought"
    assert page.evaluate("() => latentscape.map.state.colouring.values.length") == COUNT
    nearest = page.locator(".latent-map-panel .latent-map-part").first.locator("button")
    labels = [one.get_attribute("aria-label") for one in nearest.all()]
    sought = page.evaluate(
        "() => { const { rows, values } = latentscape.map.state.sought; return rows.map((row) => [row, values[row]]); }"
    )
    assert labels == [f"Picture {row}" for row, _ in sought]
    assert [value for _, value in sought] == sorted((value for _, value in sought), reverse=True)
    page.locator('.latent-map-space[data-key="clip"]').click()
    page.wait_for_selector('.latent-map-plane[data-ready^="clip"]')
    settled(page)
    assert page.locator("#latent-map-colour").input_value() == "sought"  # whichever space is on the map
    page.locator("#latent-map-search").fill("smiling")
    page.wait_for_function("() => latentscape.map.state.rows?.length === 32")
    settled(page)
    assert page.locator("#latent-map-colour").input_value() == "cluster:kmeans"
    page.locator("#latent-map-by-words").check()
    page.wait_for_function("() => latentscape.map.state.sought?.text === 'smiling'")
    settled(page)
    page.locator("#latent-map-search").fill("")
    page.wait_for_function("() => !latentscape.map.state.rows && !latentscape.map.state.sought")


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


def test_contours_the_number_of_clusters_outliers_and_a_table_to_keep(visit):
    page = shown(visit())
    page.locator("#latent-map-contours").check()
    inside = "() => latentscape.map.contours(latentscape.map.state.plane.data, null).map((line) => line.length)"
    assert min(page.evaluate(inside)) > 20
    page.locator("#latent-map-how-many").click()
    page.wait_for_selector(".latent-map-choice .chart[data-drawn] .main-svg")
    assert "best silhouette at" in page.locator(".latent-map-choice").inner_text()
    assert page.locator(".latent-map-choice .chart").count() == 2
    page.locator("#latent-map-cluster").click()
    page.wait_for_selector(".latent-map-cluster")
    page.locator(".latent-map-cluster .field").first.fill("bright")
    page.keyboard.press("Tab")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "picture,cluster,name" and len(rows) == COUNT + 1
    assert all(row.endswith('"bright"') == (row.split(",")[1] == "0") for row in rows[1:])
    page.locator("#latent-map-outliers").click()
    page.wait_for_function(
        "() => document.querySelectorAll('.latent-map-part')[0]?.querySelectorAll('button').length === 24"
    )


def test_my_photos_become_a_map_of_my_own(visit, tmp_path):
    random = np.random.default_rng(3)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for number in range(12):
            file = io.BytesIO()
            Image.fromarray(random.integers(0, 255, (40, 56, 3), np.uint8)).save(file, "PNG")
            archive.writestr(f"holiday/{number}.png", file.getvalue())
        archive.writestr("holiday/notes.txt", "no picture")
        archive.writestr("../outside.png", b"no picture either")
    page = shown(visit())
    page.locator("#latent-map-how-many").click()
    settled(page)
    page.locator("#latent-map-beside").check()
    page.locator("#latent-map-beside").uncheck()
    drop(page, (tmp_path / "photos.zip").read_bytes(), "photos.zip", "application/zip")
    page.wait_for_function("() => latentscape.map.state.atlas.kind === 'photos'")
    page.wait_for_function("() => latentscape.map.state.plane.atlas === latentscape.map.state.atlas.name")
    settled(page)
    assert page.evaluate("() => latentscape.map.state.plane.data.count") == 12
    assert page.locator("#latent-map").is_visible() and page.locator(".latent-map-choice *").count() == 0
    page.mouse.click(*page.evaluate(PIXEL, 5))
    page.wait_for_selector(".latent-map-near-space")
    assert ".png" in page.locator(".latent-map-panel h2").inner_text()


def test_a_face_is_shown_on_the_map_and_its_neighbour_goes_back(visit):
    page = shown(visit())
    page.get_by_role("tab", name="Faces").click()
    page.wait_for_function("() => latentscape.faces.state.shown?.faces[0]?.picture && latentscape.faces.requests.idle")
    page.locator("#send-to-map").click()
    page.wait_for_function("() => latentscape.map.state.picked?.guest")
    assert page.locator(".latent-map-panel h2").inner_text() == "Your picture"
    assert page.locator(".latent-map-near-space").count() == 5
    page.locator('.latent-map-near-space[data-space="classifier"] .text-button').click()
    page.wait_for_selector('.latent-map-plane[data-ready^="classifier"]')
    place = """() => { const { state } = latentscape.map, { plane } = state;
        return state.picked.guest.spaces[plane.space].places[plane.projection]; }"""
    assert len(page.evaluate(place)) == 2
    page.locator(".latent-map-near-space .latent-map-thumbs button").first.click()
    page.wait_for_function("() => latentscape.map.state.picked.row !== undefined")
    page.wait_for_selector(".latent-map-bars")
    settled(page)
    page.locator('.latent-map-panel [data-send="reconstruction"]').click()
    page.wait_for_function("() => latentscape.reconstruction.state.rows.some((row) => row.name.startsWith('picture'))")
    page.get_by_role("tab", name="Latent map").click()
    page.locator('.latent-map-panel [data-send="faces"]').click()
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    assert page.locator("#mode-edit").get_attribute("aria-checked") == "true"


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


def test_a_sheet_of_thumbnails_that_fails_is_fetched_again(opened, url):
    page = opened(url)
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


def test_a_map_is_saved_as_a_page_that_needs_no_network(visit, browser, tmp_path):
    page = shown(visit())
    with page.expect_download() as kept:
        page.locator("#latent-map-keep").click()
    assert kept.value.suggested_filename == "latentscape-map-vae-pca2.html"
    kept.value.save_as(tmp_path / "map.html")
    assert (tmp_path / "map.html").stat().st_size < 8_000_000
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 700})
    saved, sent, problems = context.new_page(), [], []
    saved.on("request", lambda request: sent.append(request.url))
    saved.on("pageerror", lambda error: problems.append(str(error)))
    saved.goto((tmp_path / "map.html").as_uri())
    saved.wait_for_function("() => document.getElementById('map')?._fullLayout?.xaxis")
    assert saved.evaluate("() => document.getElementById('map').data.reduce((n, t) => n + t.x.length, 0)") == COUNT
    x, y = saved.evaluate("""() => { const map = document.getElementById('map'), trace = map.data[0];
        const { xaxis, yaxis } = map._fullLayout, box = map.getBoundingClientRect();
        return [box.left + xaxis._offset + xaxis.d2p(trace.x[0]), box.top + yaxis._offset + yaxis.d2p(trace.y[0])];
        }""")
    saved.mouse.move(x - 3, y)
    saved.mouse.move(x, y)
    saved.wait_for_selector("#card >> visible=true")
    assert saved.inner_text("#card").strip()
    assert (
        saved.locator("#card canvas >> visible=true").evaluate(
            "(canvas) => canvas.getContext('2d').getImageData(60, 60, 1, 1).data[3]"
        )
        == 255
    )
    assert not problems and not [url for url in sent if not url.startswith(("file:", "data:", "blob:"))]
    context.close()


def test_spaces_are_compared_in_charts(visit):
    page = shown(visit())
    page.locator("#latent-map-spaces-compare").click()
    page.wait_for_selector(".latent-map-panel .chart .main-svg")
    names = page.locator(".latent-map-panel .chart-legend button").all_inner_texts()
    assert len(names) == len(page.evaluate("() => latentscape.map.state.atlas.spaces"))
