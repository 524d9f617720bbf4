"""Photos of one's own on the map, in a browser: those of which no map can be made end as a map or a sentence."""

from __future__ import annotations

import io

import numpy as np
import pytest
from browser import IN_BROWSER, served
from PIL import Image
from tiny_map import noise_atlas

import app

pytestmark = IN_BROWSER
READY = """() => { const { requests, state } = latentscape.map;
    return requests.idle && state.atlas?.kind === 'photos' && state.plane.pixels; }"""


@pytest.fixture(scope="module")
def url(tiny_checkpoints, tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlases")
    noise_atlas(tiny_checkpoints, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTSCAPE_ATLASES", str(folder))
        page = app.build(root=str(tiny_checkpoints))
    with served(page) as address:
        yield address


def photo(seed: int) -> dict:
    values = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return {"mimeType": "image/png", "buffer": file.getvalue()}


@pytest.mark.parametrize(("count", "seeds"), [(12, 1), (3, 3), (1, 1)], ids=["identical", "three", "one"])
def test_they_are_mapped_and_nothing_is_being_fitted_for_ever(opened, url, count, seeds):
    page = opened(url)
    page.get_by_role("tab", name="Latent map").click()
    page.wait_for_selector(".latent-map-plane[data-ready]")
    files = [{"name": f"{number}.png", **photo(number % seeds)} for number in range(count)]
    page.locator("#latent-map-files").set_input_files(files)
    page.wait_for_function(READY)
    assert page.evaluate("() => latentscape.map.state.atlas.count") == count
    assert page.evaluate("() => [...latentscape.map.state.plane.pixels].every(Number.isFinite)")
    assert page.evaluate("() => latentscape.map.state.atlas.spaces.every((space) => !space.pending.length)")
    assert page.locator(".latent-map-projections [data-key]").count() == 2  # PCA in two and three dimensions
    assert "Being fitted" not in page.locator("#latent-map-controls").inner_text()


def test_files_that_are_not_sent_are_named_with_the_limit(opened, url, tmp_path):
    page = opened(url)
    page.get_by_role("tab", name="Latent map").click()
    page.wait_for_selector(".latent-map-plane[data-ready]")
    (tmp_path / "small.png").write_bytes(photo(3)["buffer"])
    (tmp_path / "empty.png").touch()
    for name in ("large.jpg", "larger.jpg"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(21 * 2**20)
    page.locator("#latent-map-files").set_input_files(sorted(tmp_path.iterdir()))
    page.wait_for_function(READY)
    notes = page.evaluate("() => latentscape.map.state.atlas.notes")
    assert notes[:2] == [
        "Left out empty.png: The file is empty.",
        "Left out large.jpg and 1 more: Larger than 20 MB, the most that one file may have.",
    ]
    assert notes[0] in page.locator(".latent-map-panel").inner_text()
