"""A newcomer's three minutes: the first lesson from the offer to its end, by the page alone, on the shipped models."""

from __future__ import annotations

import json
import time

import pytest
from browser import IN_BROWSER, served

import app

pytestmark = IN_BROWSER
PROGRESS = "() => JSON.parse(localStorage.getItem('latentscape-lessons'))"


@pytest.fixture(scope="module")
def url():
    with served(app.build()) as address:
        yield address


@pytest.fixture()
def newcomer(opened, url):
    page = opened(url, first_visit=True)
    page.wait_for_selector("#pictures canvas[data-seed][data-painted]")
    return page


def answer(page, words):
    """Says what is expected, and returns what the card says then."""
    assert page.locator("#lesson footer .primary").is_disabled(), "first one says what one expects"
    page.locator("#lesson .lesson-choice", has_text=words).click()
    return page.locator("#lesson .lesson-after").inner_text()


def test_a_newcomer_learns_in_three_minutes_what_a_latent_space_is(newcomer):
    page, begun = newcomer, time.monotonic()
    page.locator("#learn-offer").get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="A face in 128 numbers").wait_for()
    assert "As you expected" in answer(page, "without its fine detail")
    page.wait_for_function("() => latentscape.reconstruction.state.chosen?.model === 'cae'")
    picture, panel = (page.locator(one).bounding_box() for one in (".reconstruction-compare", "#lesson"))
    assert picture["x"] + picture["width"] <= panel["x"], "the lesson covers nothing of the picture"
    for title, choice in (
        ("More numbers keep more", "The variational one"),
        ("It keeps what it knows", "The face"),
        ("Numbers are not pixels", "a little everywhere"),
        ("From one code to another", "A third face"),
        ("All the codes there are", "they decode to faces"),
    ):
        page.locator("#lesson footer .primary").click()
        page.get_by_role("heading", name=title).wait_for()
        said = answer(page, choice)
        assert ("Not quite" in said) == (choice == "The variational one")
        if title == "Numbers are not pixels":
            page.get_by_text("After surgery").wait_for()
        if title == "From one code to another":
            page.wait_for_function("() => latentscape.map.state.strip?.decoded")
        if title == "All the codes there are":
            page.get_by_text("Decoded here").wait_for()
    page.locator("#lesson footer .primary").click()
    page.get_by_role("heading", name="So this is a latent space").wait_for()
    assert "all the lists of numbers that a network can read" in page.locator("#lesson").inner_text()
    page.locator("#lesson summary").click()
    page.wait_for_function("() => document.querySelector('#lesson pre').textContent.includes('def nearest')")
    page.get_by_role("button", name="Finish").click()
    page.locator('#lessons [data-lesson="autoencoder"] small', has_text="Finished").wait_for()
    assert page.evaluate(PROGRESS)["done"] == ["autoencoder"]
    assert time.monotonic() - begun < 180


def test_an_offer_that_was_declined_does_not_come_back_and_progress_does(newcomer):
    page = newcomer
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
        "nothing of the page is below the offer"
    )
    page.locator("#learn-offer").get_by_role("button", name="No, thanks").click()
    page.reload()
    page.wait_for_selector("#pictures canvas[data-seed][data-painted]")
    assert not page.locator("#learn-offer").count()
    page.locator("#learn-open").click()
    page.locator("#lessons [data-lesson]").first.wait_for()
    took = page.evaluate(
        """async () => {
            const begun = performance.now();
            document.querySelector('#lessons [data-lesson=guidance]').click();
            while (!document.querySelector('#lesson h3')?.offsetParent) await new Promise(requestAnimationFrame);
            return performance.now() - begun;
        }"""
    )
    assert took < 500
    page.get_by_text("Show me without guessing").click()
    page.wait_for_function("() => latentscape.faces.state.recipe.guidance === 4.5 && latentscape.faces.requests.idle")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name="Twice in each step").wait_for()
    assert json.loads(page.evaluate("localStorage.getItem('latentscape-lessons')"))["at"] == {"guidance": 1}
    page.get_by_role("button", name="Close the lesson").click()
    assert page.evaluate("() => latentscape.faces.state.recipe.attributes") == {"Eyeglasses": 1}
    page.locator("#learn-open").click()
    page.locator('#lessons [data-lesson="guidance"] small', has_text="Card 2 of 5").wait_for()


def test_the_address_restores_a_tab_with_what_is_set_there(opened, url):
    page = opened(f"{url}#latent-map?space=clip&layout=pca2&colour=density")
    shown = "() => (({ plane, by }) => plane?.data && `${plane.space},${by}`)(latentscape.map.state)"
    page.wait_for_function(f"() => ({shown})() === 'clip,density'")
    page.locator('#latent-map-controls [data-key="kl"]').click()
    page.wait_for_function("() => location.hash.includes('space=kl')")
    page.reload()
    page.wait_for_function(f"() => window.latentscape && ({shown})() === 'kl,density'")
    page.evaluate("""() => (location.hash = '#styles?active={"pencil":0.5,"nothing":1}&mode=nothing')""")
    page.wait_for_function("() => latentscape.styles.state.active.pencil === 0.5")
    assert page.evaluate(
        "() => [Object.keys(latentscape.styles.state.active).length, latentscape.styles.state.mode]"
    ) == [
        1,
        "face",
    ]
    assert page.get_by_role("tab", name="Styles").get_attribute("aria-selected") == "true"
