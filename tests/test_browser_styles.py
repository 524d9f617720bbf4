"""The Styles tab as a visitor meets it: a real browser against the real app on tiny random weights."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest
from browser import IN_BROWSER, enter, loaded, served
from PIL import Image
from tiny_styles import styled_faces

import app
from core.models.adapter_files import WEIGHTS
from core.pipelines.styles.types import TrainRequest
from core.recipe import from_png

pytestmark = IN_BROWSER
STATE = "latentscape.styles.state"
SHOWN = f"() => {STATE}.shown"
NAMES = ["comic", "oil", "pencil"]
WALL = f"() => {STATE}.tiles.size === {len(NAMES) + 1} && latentscape.styles.requests.idle"
COLUMN = "#styles-controls"


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    return styled_faces(tiny_checkpoints, tmp_path_factory.mktemp("styled-page"), NAMES)


@pytest.fixture(scope="module")
def url(root):
    with served(app.build(root=str(root))) as address:
        yield address


@pytest.fixture()
def visit(opened, url):
    """Opens the tab and waits for its wall."""

    def visited(tab="Styles", **size):
        page = opened(url, **size)
        page.wait_for_selector("#pictures canvas[data-painted]")
        if tab:
            enter(page, tab, WALL)
        return page

    return visited


def settled(page, condition):
    page.wait_for_function(f"() => latentscape.styles.requests.calm && {STATE}.shown && ({condition})({STATE}.shown)")
    return page.evaluate(SHOWN)


def pixels(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB").tobytes()


def main(page, name):
    return page.locator(f'.style-tile[data-style="{name}"] .style-main')


def slide(page, selector, value):
    page.locator(selector).evaluate(
        "(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); "
        "node.dispatchEvent(new Event('change')); }",
        value,
    )


def test_styles_are_switched_blended_and_taken_off(visit):
    page = visit()
    first = page.evaluate(SHOWN)
    assert first["active"] == {} and first["after"]["picture"] == first["before"]
    main(page, "oil").click()
    oil = settled(page, "(shown) => shown.active.oil === 1")
    assert oil["before"] == first["before"] != oil["after"]["picture"]
    assert page.locator("#styles-compare .tag-after").inner_text() == "Oil"
    for value in (1.5, -0.5, 0.4):
        slide(page, f"{COLUMN} .active-row input[type=range]", value)
    weak = settled(page, "(shown) => shown.active.oil === 0.4 && shown.after.recipe.styles.oil === 0.4")
    assert weak["after"]["picture"] not in (oil["after"]["picture"], first["before"])
    main(page, "comic").click(modifiers=["Shift"])
    page.locator(f'{COLUMN} [data-blend="normalised"]').click()
    both = settled(page, "(shown) => Math.abs((shown.after.recipe.styles.comic || 0) - 0.7143) < 1e-3")
    assert both["after"]["recipe"]["styles"]["oil"] == pytest.approx(0.2857)
    with page.expect_download() as download:
        page.click("#styles-download")
    with open(download.value.path(), "rb") as file:
        assert from_png(file.read()).styles == pytest.approx({"comic": 0.7143, "oil": 0.2857})
    page.locator(".active-parts summary").click()
    slide(page, ".active-parts input >> nth=2", 0)
    assert settled(page, "(shown) => shown.parts[2] === 0")["after"]["recipe"]["style_parts"] == [1, 1, 0]
    page.keyboard.press("Escape")
    page.locator("#styles-history .thumb").first.click()
    assert page.evaluate(SHOWN)["after"]["picture"] == first["after"]["picture"]
    assert page.locator(f"{COLUMN} .active-row").count() == 0


def test_the_face_of_the_other_tab_comes_over_and_the_grid_shows_all_strengths(visit):
    page = visit(tab=None)
    page.click("#reroll")
    page.wait_for_function("() => latentscape.faces.requests.idle && latentscape.faces.state.shown.recipe.seed !== 27")
    seed = page.evaluate("() => latentscape.faces.state.shown.recipe.seed")
    page.click("#send-to-styles")
    shown = settled(page, f"(shown) => shown.recipe.seed === {seed}")
    faces = page.evaluate("() => latentscape.faces.state.shown.faces[0].picture")
    assert pixels(faces) == pixels(shown["after"]["picture"])
    page.locator(f'{COLUMN} [data-mode="grid"]').click()
    grid = settled(page, "(shown) => shown.kind === 'grid'")
    assert grid["names"] == NAMES and grid["weights"] == [-0.5, 0, 0.5, 1, 1.5]
    assert len({row[1]["picture"] for row in grid["rows"]}) == 1, "strength 0 is the plain picture"
    main(page, "comic").click()
    fewer = settled(page, "(shown) => shown.names.length === 2")
    assert fewer["rows"] == grid["rows"][1:], "a row that goes leaves the others as they are"
    page.locator("#styles-grid .style-cell").nth(2).click()
    assert settled(page, "(shown) => shown.kind === 'face'")["active"] == {"oil": 0.5}


def test_a_photo_gets_a_style_and_files_are_loaded_or_refused(visit, root, tmp_path):
    page = visit()
    Image.effect_noise((178, 218), 60).convert("RGB").save(tmp_path / "me.jpg")
    main(page, "oil").click()
    page.locator(f'{COLUMN} [data-mode="photo"]').click()
    page.set_input_files("#styles-photo-file", str(tmp_path / "me.jpg"))
    photo = settled(page, "(shown) => shown.kind === 'photo'")
    assert photo["before"] != photo["after"]["picture"]
    page.locator(f"{COLUMN} .whole-button").click()
    page.wait_for_selector(".whole-dialog[open] img")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download 178 \u00d7 218").click()
    assert Image.open(download.value.path()).size == (178, 218)
    page.get_by_role("button", name="Close", exact=True).click()
    own = page.evaluate(f"() => {STATE}.photo")
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    page.set_input_files("#styles-photo-file", str(tmp_path / "text.jpg"))
    page.wait_for_selector('#styles-canvas .message[data-kind="error"]')
    page.wait_for_function(f"(own) => {STATE}.photo === own", arg=own)
    (tmp_path / "worse.safetensors").write_bytes(b"\x80\x04 a pickle")
    page.set_input_files("#styles-file", str(tmp_path / "worse.safetensors"))
    page.wait_for_selector('#styles-canvas .message[data-kind="error"]:has-text("pickle")')
    (tmp_path / "mine.safetensors").write_bytes((root / "styles" / "pencil" / WEIGHTS).read_bytes())
    page.set_input_files("#styles-file", str(tmp_path / "mine.safetensors"))
    page.wait_for_selector(".own-styles li")
    assert page.locator(".style-tile").count() == len(NAMES) + 2
    with page.expect_download() as download:
        page.locator(".own-styles button").first.click()
    assert download.value.suggested_filename.endswith(".safetensors")
    other = visit()
    assert other.locator(".style-tile").count() == len(NAMES) + 1, "another visitor sees nothing of it"


def test_a_style_is_trained_on_twenty_photos_and_applied(visit, synthetic_celeba, tmp_path):
    page = visit(width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(f'{COLUMN} [data-mode="train"]').click()
    with zipfile.ZipFile(synthetic_celeba / "img_align_celeba.zip") as archive:
        files = [archive.extract(name, tmp_path) for name in archive.namelist()[:20]]
    page.set_input_files("#train-files", files)
    page.wait_for_function("() => document.querySelectorAll('.train-crops canvas').length === 20")
    page.fill("#train-title", "Summer")
    shown = [float(page.input_value(f"#train-{name}")) for name in ("steps", "rank", "rate")]
    assert shown == [TrainRequest.steps, TrainRequest.rank, TrainRequest.rate]
    page.fill("#train-steps", "20")
    page.click("#train-start")
    page.wait_for_function(f"() => {STATE}.job")
    page.reload()  # it goes on, and the page finds it again
    loaded(page)
    enter(page, "Styles", STATE)
    page.wait_for_function(f"() => {STATE}.job")
    page.locator(f'{COLUMN} [data-mode="train"]').click()
    page.wait_for_function(f"() => {STATE}.job?.over", timeout=300_000)
    job = page.evaluate(f"{STATE}.job")
    assert job["state"] == "finished", job["message"]
    assert job["step"] == 20 and page.locator(".train-samples").is_visible()
    page.click("#train-apply")
    shown = settled(page, "(shown) => shown.kind === 'face' && Object.keys(shown.active)[0]?.startsWith('summer')")
    assert list(shown["active"].values()) == [1]
    assert page.locator(".own-styles li:has-text('Summer')").count() == 1


def test_a_thumbnail_stands_on_the_wall_until_its_tile_is_drawn(visit, root):
    Image.new("RGB", (64, 64), (200, 40, 40)).save(root / "styles" / "comic" / "thumbnail.webp", "WEBP", lossless=True)
    try:
        page = visit(tab=None)
        page.evaluate(
            """() => { const { requests } = latentscape.styles, { request } = requests;
                requests.request = (slot, ...rest) => slot === 'wall' || request.call(requests, slot, ...rest); }"""
        )  # the wall's own drawing never comes
        page.get_by_role("tab", name="Styles").click()
        page.wait_for_selector('.style-tile[data-style="comic"][data-thumbnail] canvas[data-painted]')
        assert page.locator(".style-tile[data-thumbnail]").count() == 1
        middle = "(node) => [...node.getContext('2d').getImageData(node.width / 2, node.height / 2, 1, 1).data]"
        red, green, blue, _ = page.locator('.style-tile[data-style="comic"] canvas').evaluate(middle)
        assert red > 150 and green < 90 and blue < 90
        drawn = visit()
        assert drawn.locator(".style-tile[data-thumbnail]").count() == 0
    finally:
        (root / "styles" / "comic" / "thumbnail.webp").unlink()
