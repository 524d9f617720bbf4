"""The Latent map in a browser: searched, clustered, compared, and kept as tables and as a page."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
import tiny_text
from browser import IN_BROWSER, mapped
from map_page import settled, shown, visited
from tiny_map import COUNT, noise_atlas

pytestmark = IN_BROWSER


@pytest.fixture()
def visit(opened, map_url):
    return partial(visited, opened, address=map_url)


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
        page.get_by_role("region", name="Latent map").get_by_role("button", name="CSV").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "picture,cluster,name" and len(rows) == COUNT + 1
    assert all(row.endswith('"bright"') == (row.split(",")[1] == "0") for row in rows[1:])
    page.locator("#latent-map-outliers").click()
    page.wait_for_function(
        "() => document.querySelectorAll('.latent-map-part')[0]?.querySelectorAll('button').length === 24"
    )


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
