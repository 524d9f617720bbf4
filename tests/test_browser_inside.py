"""The steps of a drawing in the page: one slider moves everything, and the panel follows the drawing."""

from __future__ import annotations

from browser import IN_BROWSER, nameless
from faces_page import idle, set_state, visited

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


def test_one_slider_moves_latents_predictions_sum_and_schedule(opened, faces_url):
    page = visited(opened, faces_url, reduced_motion="reduce")
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
