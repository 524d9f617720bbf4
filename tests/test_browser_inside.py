"""The steps of a drawing in the page: one slider moves everything, and the panel follows the drawing."""

from __future__ import annotations

import io
from pathlib import Path

from browser import IN_BROWSER, nameless
from faces_page import idle, set_state, visited
from PIL import Image
from tiny_map import FIRST

pytestmark = IN_BROWSER
PAINTED = """() => Object.fromEntries([...document.querySelectorAll('#faces-inside figure[data-part]')].map(
    (one) => [one.dataset.part, one.hasAttribute('data-none') ? '' : one.querySelector('canvas').dataset.painted]))"""
MARK = "() => document.querySelector('#faces-inside .chart-plot').layout.shapes[0].x0"
FRESH = "() => document.querySelector('#faces-inside-step:not([disabled])')?.closest(':not([data-stale])#faces-inside')"
PAINTS = (
    f"(before) => {{ const now = ({PAINTED})(); return now.noisy !== before.noisy && now.clean !== before.clean; }}"
)


def moved(page, key):
    before = page.evaluate(PAINTED)
    page.locator("#faces-inside-step").press(key)
    page.wait_for_function(PAINTS, arg=before)
    return page.evaluate(PAINTED)


COLOUR = """(index) => {
    const { state, pixelOf } = latentscape.map, { trail, colour } = state.drawings[index] || {};
    if (!trail) return false;
    const canvas = document.querySelector('.latent-map-marks'), ratio = canvas.width / canvas.clientWidth;
    const [x, y] = pixelOf(state.plane, trail.at(-1)).map((at) => Math.round(at * ratio));
    const [r, g, b] = canvas.getContext('2d').getImageData(x, y, 1, 1).data;
    const hex = `#${[r, g, b].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
    return hex === getComputedStyle(document.documentElement).getPropertyValue(colour || '--accent').trim();
}"""
PLACED = """(count) => latentscape.map.state.drawings.length === count
    && latentscape.map.state.drawings.every((one) => one.trail)"""


def test_one_slider_moves_latents_predictions_sum_and_schedule(opened, map_url):
    page = visited(opened, map_url, reduced_motion="reduce")
    idle(page)
    page.keyboard.press("i")
    page.wait_for_function(FRESH)
    page.wait_for_selector("#faces-inside .chart[data-drawn]")
    assert page.locator("#faces-canvas .sweep").is_hidden() and not nameless(page, "#faces-inside")
    assert page.get_by_role("button", name="Play").is_hidden(), "nothing moves by itself"
    first, mark = page.evaluate(PAINTED), page.evaluate(MARK)
    assert all(first.values()) and len(set(first.values())) == 5
    assert "Step 1 of 8" in page.locator(".inside-place").inner_text()
    moved(page, "ArrowRight")
    assert "Step 2 of 8" in page.locator(".inside-place").inner_text() and page.evaluate(MARK) < mark
    formula = page.locator(".inside-formula")
    assert "(c) − x" in formula.inner_text()
    assert moved(page, "End")["change"] == "", "guidance is active up to 80 %: then nothing is added"
    assert "−" not in formula.inner_text() and "0 to 80 %" in page.locator(".inside-words").inner_text()
    last = page.evaluate(
        "() => [...document.querySelectorAll('#faces-inside [data-part=clean] canvas')][0].dataset.painted"
    )
    # Another drawing: the panel follows it and stays at the same step.
    set_state(page, "Eyeglasses", "present")
    page.wait_for_function(f"(before) => ({PAINTED})().clean !== before && ({FRESH})()", arg=last)
    assert "Step 8 of 8" in page.locator(".inside-place").inner_text()
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#faces-inside figure[data-part=clean]").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("#faces-inside-step").focus()
    page.keyboard.press("Escape")
    assert page.locator("#faces-inside").is_hidden() and page.locator("#faces-canvas .sweep").is_visible()
    assert page.evaluate("document.activeElement.id") == "faces-look-inside"


def test_two_drawings_are_two_paths_on_the_map_with_a_legend(opened, map_url):
    clipboard = ["clipboard-read", "clipboard-write"]
    page = visited(opened, map_url, reduced_motion="reduce", permissions=clipboard)
    idle(page)
    page.locator("#copy-python").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('FacesPipeline')")
    for count, guidance in ((1, 2), (2, 9)):
        page.get_by_role("tab", name="Faces").click()
        page.locator('#faces input[aria-label="Guidance, exact"]').fill(str(guidance))
        page.keyboard.press("Tab")
        page.wait_for_function(f"() => latentscape.faces.state.shown.recipe.guidance === {guidance}")
        if count == 1:
            page.locator("#faces-look-inside").click()
        page.wait_for_function(FRESH)
        page.locator("#faces-inside").get_by_role("button", name="Path on the map").click()
        page.wait_for_function(PLACED, arg=count)
    legend = page.locator(".latent-map-drawings")
    assert [words.partition(",")[2] for words in legend.locator("li .text-button").all_inner_texts()] == [
        " guidance 2",
        " guidance 9",
    ]
    assert not nameless(page, ".latent-map-drawings") and "predicts at each step" in legend.inner_text()
    page.wait_for_function(COLOUR, arg=1)  # the newer one lies above
    # Another space places every step anew; there the latents themselves lie on the map.
    page.locator('#latent-map-controls [data-key="kl"]').click()
    page.wait_for_function(f"() => latentscape.map.state.plane.space === 'kl' && ({PLACED})(2)")
    legend.get_by_text("noisy latents").wait_for()
    page.wait_for_function(PLACED, arg=2)
    assert page.evaluate("() => latentscape.map.state.drawings.map((one) => one.numbers[0])") == [0, 0]
    page.wait_for_function(COLOUR, arg=1)
    # What is seen is kept: as a picture, as a table, and as lines of Python.
    kept = {}
    for ending in ("png", "csv"):
        with page.expect_download() as download:
            page.locator(f"#latent-map-{ending}").click()
        kept[ending] = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == f"latentscape-map-kl-{FIRST['projection']}.{ending}"
    seen = Image.open(io.BytesIO(kept["png"])).convert("RGB")
    assert len(set(seen.resize((64, 64)).getdata())) > 8, "points and paths, not an empty canvas"
    assert kept["csv"].decode().count("\n") == 65
    page.locator("#latent-map-python").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('LatentMapPipeline')")
    legend.get_by_role("button", name="off the map").first.click()
    assert legend.locator("li").count() == 1
    page.wait_for_function(COLOUR, arg=0)
    legend.locator("li .text-button").click()
    page.wait_for_function("() => latentscape.faces.state.recipe.guidance === 9")
    assert page.locator("#faces-inside").is_visible()
