"""The page explains itself: terms by pointer, focus and tap, the glossary, and the keys."""

from __future__ import annotations

import pytest
from browser import IN_BROWSER, served

import app
from core import __version__

pytestmark = IN_BROWSER
GUIDANCE = '#faces [data-term="guidance"]'


@pytest.fixture(scope="module")
def url(tiny_checkpoints):
    with served(app.build(root=str(tiny_checkpoints))) as address:
        yield address


def inside(page, selector) -> bool:
    box, size = page.locator(selector).bounding_box(), page.viewport_size
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= size["width"]
        and box["y"] + box["height"] <= size["height"]
    )


def test_a_term_is_explained_under_the_pointer_and_on_focus(opened, url):
    page = opened(url)
    word, card = page.locator(GUIDANCE), page.locator("#definition")
    word.hover()
    card.wait_for()
    assert "predicts twice" in card.inner_text() and "arXiv:2207.12598" in card.inner_text()
    assert inside(page, "#definition")
    assert page.locator(f"#{word.get_attribute('aria-describedby')}").inner_text() in card.inner_text()
    card.get_by_role("link").hover()  # the pointer finds its way into it
    page.wait_for_timeout(400)
    assert card.is_visible()
    page.mouse.move(700, 300)
    card.wait_for(state="hidden")
    page.locator('input[aria-label="Steps, exact"]').focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.term") == "guidance"
    card.wait_for()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert word.get_attribute("aria-describedby") is None
    page.keyboard.press("Enter")
    card.wait_for()
    card.get_by_role("button", name="All terms").click()
    page.locator('#glossary [data-entry="guidance"]').wait_for()
    page.get_by_label("Search the terms").fill("cfg")
    assert page.locator("#glossary .glossary-entry:visible").count() == 1
    page.keyboard.press("Escape")  # empties the field
    page.keyboard.press("Escape")
    page.locator("#glossary").wait_for(state="hidden")


def test_a_tap_explains_a_term_and_does_not_act(opened, url):
    page = opened(url, 390, 844, has_touch=True)
    page.wait_for_selector("#pictures canvas[data-seed][data-painted]")
    word, card = page.locator('#faces label [data-term="solver"]'), page.locator("#definition")
    word.scroll_into_view_if_needed()
    word.tap()
    card.wait_for()
    assert "sampler" in card.inner_text() and inside(page, "#definition")
    assert page.evaluate("document.activeElement.tagName") != "SELECT", "the label passes the tap on to nothing"
    word.tap()
    card.wait_for(state="hidden")


def test_a_key_shows_the_keys_of_the_tab(opened, url):
    page = opened(url)
    page.wait_for_selector("#pictures canvas[data-seed][data-painted]")
    page.keyboard.press("?")
    page.locator("#help dd", has_text="another person").wait_for()
    page.locator("#help .hint", has_text=f"Latentscape {__version__}.").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Latent map").click()
    page.locator("#help-open").click()
    page.locator("#help dd", has_text="look, decode, path, lasso").wait_for()
    assert not page.locator("#help dd", has_text="another person").count()
    page.locator("#help-terms").click()
    page.get_by_label("Search the terms").wait_for()
