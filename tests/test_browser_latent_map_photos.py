"""Photos of one's own on the map, in a browser: those of which no map can be made end as a map or a sentence."""

from __future__ import annotations

import base64
import io
import zipfile
from functools import partial

import numpy as np
import pytest
from browser import IN_BROWSER, drop, enter
from map_page import PIXEL, settled, shown, visited
from PIL import Image
from tiny_pictures import HEIC, P3

pytestmark = IN_BROWSER
READY = """() => { const { requests, state } = latentscape.map;
    return requests.idle && state.atlas?.kind === 'photos' && state.plane.pixels; }"""


@pytest.fixture()
def visit(opened, map_url):
    return partial(visited, opened, address=map_url)


def photo(seed: int) -> dict:
    values = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return {"mimeType": "image/png", "buffer": file.getvalue()}


@pytest.mark.parametrize(("count", "seeds"), [(12, 1), (3, 3), (1, 1)], ids=["identical", "three", "one"])
def test_they_are_mapped_and_nothing_is_being_fitted_for_ever(opened, map_url, count, seeds):
    page = opened(map_url)
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


def test_files_that_are_not_sent_are_named_with_the_limit(opened, map_url, tmp_path):
    page = opened(map_url)
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


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect width="99" height="99"/></svg>'


def test_a_phones_heic_is_shown_and_a_drawing_of_lines_is_a_sentence(opened, map_url):
    page = opened(map_url)
    enter(page, "Latent map", "() => document.querySelector('.latent-map-plane[data-ready]')")
    drop(page, SVG, "logo.svg", "image/svg+xml")
    page.locator("#latent-map-canvas .message").get_by_text("SVG").wait_for()
    drop(page, HEIC, "IMG_0001.HEIC", "")  # browsers do not know the kind of this file
    page.wait_for_function("() => latentscape.map.state.picked?.guest?.name === 'IMG_0001.HEIC'")
    assert page.evaluate("() => latentscape.map.state.picked.guest.face.naturalWidth") == 64
    examples = "latentscape.reconstruction.state.rows.length >= 3"
    enter(page, "Reconstruction", f"() => latentscape.reconstruction.requests.idle && {examples}")
    page.set_input_files(
        "#reconstruction-file",
        [
            {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": SVG},
            {"name": "IMG_0001.HEIC", "mimeType": "", "buffer": HEIC},
        ],
    )
    page.wait_for_function("() => latentscape.reconstruction.state.rows[0].name === 'IMG_0001.HEIC'")
    (problem,) = page.evaluate("() => latentscape.reconstruction.state.problems")
    assert problem["name"] == "logo.svg" and "SVG" in problem["reason"]


CENTRE = """async () => { const { views } = latentscape.reconstruction.state.rows[0];
    const picture = await createImageBitmap(await (await fetch(views[64])).blob());
    const canvas = new OffscreenCanvas(64, 64).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    return [32, 2].map((place) => [...canvas.getImageData(place, place, 1, 1).data.slice(0, 3)]); }"""


def test_wide_colours_and_transparency_are_the_same_in_the_page_and_on_the_server(opened, map_url):
    """A cut-out of a colour in P3: sRGB's next colour, on white, in the page as on the server."""
    cut = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    cut.paste((230, 70, 60, 255), (64, 64, 192, 192))
    file = io.BytesIO()
    cut.save(file, "PNG", icc_profile=P3)
    page = opened(map_url)
    page.wait_for_selector("#pictures canvas[data-painted]")
    drop(page, file.getvalue(), "cut.png")
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    sent = page.evaluate("() => latentscape.faces.state.photo.source")
    square = Image.open(io.BytesIO(base64.b64decode(sent.partition(",")[2]))).convert("RGB")  # as the page cut it
    half = square.width // 2
    assert np.abs(np.subtract(square.getpixel((half, half)), (250, 49, 48))).max() <= 6
    assert min(square.getpixel((4, 4))) >= 250
    examples = "latentscape.reconstruction.state.rows.length >= 3"
    enter(page, "Reconstruction", f"() => latentscape.reconstruction.requests.idle && {examples}")
    page.set_input_files(
        "#reconstruction-file", {"name": "cut.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    page.wait_for_function("() => latentscape.reconstruction.state.rows[0].name === 'cut.png'")
    middle, corner = page.evaluate(CENTRE)
    assert np.abs(np.subtract(middle, (250, 49, 48))).max() <= 3 and corner == [255, 255, 255]


def painted(page):
    """The points as they stand once the next two frames have been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    picture = Image.open(io.BytesIO(page.locator(".latent-map-points").screenshot()))
    return np.asarray(picture.convert("RGB")).astype(int)


def test_the_map_comes_back_when_the_browser_took_its_graphics(opened, map_url):
    page = opened(map_url, reduced_motion="reduce")
    enter(page, "Latent map", "() => document.querySelector('.latent-map-plane[data-ready]')")
    page.wait_for_function("() => latentscape.map.requests.idle && latentscape.map.state.plane.pixels")
    page.mouse.move(5, 5)
    before = painted(page)
    page.evaluate(
        """() => { const canvas = document.querySelector('.latent-map-points');
            window.losing = canvas.getContext('webgl').getExtension('WEBGL_lose_context');
            for (const kind of ['lost', 'restored'])
                canvas.addEventListener(`webglcontext${kind}`, () => (window.context = kind));
            window.losing.loseContext(); }"""
    )
    page.wait_for_function("() => window.context === 'lost'")
    page.evaluate("() => setTimeout(() => window.losing.restoreContext(), 50)")
    page.wait_for_function("() => window.context === 'restored'")
    assert before.std() > 5 and np.abs(painted(page) - before).mean() < 1
