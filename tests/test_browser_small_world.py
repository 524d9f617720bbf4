"""The small world in a real browser: it learns in its worker, by presets, pointer and keys, and ends with its page."""

from __future__ import annotations

from browser import IN_BROWSER, nameless

pytestmark = IN_BROWSER
STEP = "Number(document.querySelector('.world-column [role=status]')?.textContent.replace(/[^0-9]/g, ''))"
SAID = ".world-column [role=status]"
INK = """(selector) => {
    const canvas = document.querySelector(selector);
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return data.reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0);
}"""


def test_a_drawing_is_learned_by_presets_pointer_and_keys(opened, faces_url):
    page = opened(faces_url, width=390, height=844, has_touch=True)
    page.click("#learn-open")
    page.click("#small-world-open")
    page.wait_for_function(f"() => {STEP} > 5")
    assert len(page.workers) == 1 and not nameless(page, "#small-world")
    assert page.evaluate("document.querySelector('.learn-dialog-body').scrollWidth") <= 390
    page.focus("#world-time")
    page.keyboard.press("Home")
    assert page.inner_text("label:has(#world-time)").endswith("noise")
    page.click("#world-pause")
    assert page.inner_text("#world-pause") == "Go on"
    page.get_by_role("button", name="Clear", exact=True).click()
    assert page.evaluate(INK, ".world-pad") == 0
    page.focus(".world-pad")
    page.keyboard.press("Space")
    page.wait_for_selector(f"{SAID} >> text=too few points")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"() => {STEP} > 0")
    few = page.evaluate(INK, ".world-pad")
    box = page.locator(".world-pad").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 200, steps=8)
    page.mouse.up()
    assert page.evaluate(INK, ".world-pad") > few
    page.wait_for_function(f"() => {STEP} > 0")
    with page.workers[-1].expect_event("close"):
        page.keyboard.press("Escape")
    assert not page.is_visible("#small-world")
