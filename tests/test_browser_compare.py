"""The Compare tab in a browser: rows that fill, a picture that goes on, and a game to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import IN_BROWSER, nameless

pytestmark = IN_BROWSER

DONE = """() => document.querySelector('#compare-stop').hidden
    && document.querySelectorAll('.compare-tile').length > 0
    && !document.querySelector('.compare-tile.waiting')"""


def shown(page):
    page.wait_for_function(DONE)
    return page


@pytest.fixture()
def page(opened, faces_url):
    page = opened(f"{faces_url}/#compare?kind=attributes&attributes={{%22Smiling%22:1}}&count=2&seed=5")
    return shown(page)


def saved(page, button):
    with page.expect_download() as download:
        page.locator(button).click()
    return Path(download.value.path()).read_text()


def test_a_request_goes_to_everyone_and_a_picture_goes_on(page):
    assert page.locator('.compare-row[data-row="faces"] .compare-tile').count() == 2
    assert "train_gan.py" in page.locator('.compare-row[data-row="gan"]').inner_text()
    smiling = page.locator('#compare-controls .chip[data-attribute="Smiling"]')
    assert smiling.get_attribute("data-state") == "present" and not nameless(page, "#compare")
    page.locator('#compare-controls .chip[data-attribute="Bald"]').click()
    page.locator('#compare-controls .chip[data-attribute="Bangs"]').click()  # which excludes the former
    shown(page)
    assert "Bangs" in page.url and "Bald" not in page.url and "seed=5" in page.url
    page.locator('[data-maker="vae"] input').click()
    page.wait_for_function("() => !document.querySelector('.compare-row[data-row=vae]')")
    shown(page).locator('.compare-row[data-row="faces"] .compare-tile').first.click()
    page.keyboard.press("ArrowRight")
    assert "seed 6" in page.locator(".compare-detail h2").inner_text()
    page.locator("#compare-to-faces").click()
    page.wait_for_function("() => document.querySelector('#faces').offsetParent")
    page.wait_for_function("() => window.latentscape.faces.state.recipe.seed === 6")
    attributes = page.evaluate("() => window.latentscape.faces.state.recipe.attributes")
    assert attributes == {"Bangs": 1, "Smiling": 1}
    page.locator('#faces-canvas [data-send="compare"]').click()
    page.locator('#compare-kinds [data-kind="photo"][aria-checked="true"]').wait_for()
    shown(page)
    page.locator(".compare-column .group canvas").wait_for()  # the photo as the models see it
    assert "read from the photo" in page.locator('.compare-row[data-row="faces"]').inner_text()
    drawn = page.locator(".compare-tile").count()
    page.locator("#compare-file").set_input_files([{"name": "a.png", "mimeType": "image/png", "buffer": b"nothing"}])
    page.locator('#compare-canvas .message[data-kind="error"]').wait_for()
    shown(page)  # nothing is waited for any more, and what was there stays
    assert page.locator(".compare-tile").count() == drawn


def test_a_game_is_played_to_its_end_by_keys_and_kept(page):
    page.locator("#compare-figures").click()
    page.get_by_text("not compared yet").wait_for()
    page.locator("#compare-game").click()
    page.locator("#game-start").click()
    makers = page.locator(".game-answers button").count()
    assert makers == 2  # of the tiny checkpoints the prior and the faces have weights
    for number in range(10):
        page.wait_for_selector(".game-answers button:not(:disabled)")
        if number == 4:  # by a tap as well as by keys
            page.locator(".game-answers button").first.click()
            page.locator("#game-next").click()
            continue
        page.keyboard.press("3")  # there is no third answer
        page.keyboard.press("1")
        page.wait_for_selector(".game-answers [data-told=right]")
        page.keyboard.press("Enter")
    assert page.locator("#game-score").inner_text() == "5 of 10 right"  # half of the pictures are the prior's
    assert "24 % to 76 %" in page.locator(".game-score").inner_text()
    kept = json.loads(saved(page, "#game-json"))
    assert kept == {"plays": 1, "counts": {"vae": {"vae": 5}, "faces": {"vae": 5}}}
    assert saved(page, "#game-csv").splitlines()[1:] == ["vae,5,0", "faces,5,0"]
    page.reload()
    page.locator(".game-matrix").wait_for()  # the address leads back to the game, and the browser has kept it
    page.locator("#game-forget").click()
    assert not page.locator(".game-matrix").count()
    assert page.evaluate("() => JSON.parse(localStorage.getItem('latentscape-game')).plays") == 0
