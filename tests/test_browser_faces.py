"""The Faces tab as a visitor meets it: a real browser against the real app."""

from __future__ import annotations

from functools import partial

import pytest
from browser import IN_BROWSER, nameless
from faces_page import DRAWN, PICTURE, idle, recipe, set_state, visited

from core.recipe import Recipe, to_link

pytestmark = IN_BROWSER


@pytest.fixture()
def visit(opened, faces_url):
    return partial(visited, opened, faces_url)


def test_a_face_is_there_before_anyone_touches_anything(visit):
    page = visit()
    assert page.locator(DRAWN).count() == 1
    box = page.locator(DRAWN).bounding_box()
    assert box["width"] >= 480 and box["width"] == box["height"]
    page.wait_for_selector("#faces-history .thumb")
    assert page.locator("#pictures").get_attribute("hidden") is None


def test_an_attribute_changes_the_picture_while_the_seed_stays(visit):
    page = visit()
    idle(page)
    seed, first = recipe(page)["seed"], page.evaluate(PICTURE)
    set_state(page, "Eyeglasses", "present")
    assert recipe(page)["seed"] == seed and recipe(page)["attributes"]["Eyeglasses"] == 1
    assert page.evaluate(PICTURE) != first
    assert page.locator('.meter[data-attribute="Eyeglasses"]').count() == 1


def test_an_answer_is_fetched_when_its_stream_was_closed_too_early(visit):
    page = visit()
    closed = []

    def close(route):
        closed.append(route.request.url)
        route.fulfill(content_type="text/event-stream", body='data: {"msg": "close_stream"}\n\n')

    page.route("**/queue/data*", close, times=1)
    page.reload()
    page.wait_for_function("() => window.latentscape?.faces.state.shown?.recipe")
    assert len(closed) == 1


def test_a_moving_slider_builds_no_backlog_and_its_last_value_wins(visit):
    page = visit()
    idle(page)
    page.evaluate(
        """() => { window.requested = 0;
            latentscape.on('faces:requested', (request) => request.kind === 'draw' && window.requested++); }"""
    )
    slider = page.locator('input[aria-label="Smiling, strength"]')
    box = slider.bounding_box()
    y, left, width = box["y"] + box["height"] / 2, box["x"] + 8, box["width"] - 16
    page.mouse.move(left + width, y)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(left + width - step * width / 40, y)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    page.mouse.up()
    idle(page)
    wanted = recipe(page)["attributes"]["Smiling"]
    shown = page.evaluate("() => latentscape.faces.state.shown.recipe.attributes.Smiling")
    assert wanted < -0.8 and shown == wanted
    assert page.evaluate("() => window.requested") < 40


def test_attributes_that_exclude_each_other_give_way_visibly(visit):
    page = visit()
    page.locator('.chip[data-attribute="Bangs"]').click()
    page.locator('.chip[data-attribute="Bald"]').click()
    assert "Bangs" not in recipe(page)["attributes"] and recipe(page)["attributes"]["Bald"] == 1
    assert "contradicts" in page.locator(".contradiction").inner_text()
    idle(page)


def test_a_chip_that_is_set_has_a_strength(visit):
    page = visit()
    row, slider = '.chip-strength[data-attribute="Bangs"]', page.locator('input[aria-label="Bangs, strength"]')
    assert not page.locator(row).is_visible()
    page.locator('.chip[data-attribute="Bangs"]').click()
    idle(page)
    first = page.evaluate(PICTURE)
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    idle(page)
    assert recipe(page)["attributes"]["Bangs"] == pytest.approx(0.6)
    assert page.evaluate(PICTURE) != first
    assert page.locator('.chip[data-attribute="Bangs"] .amount').inner_text() == "0.60"
    assert page.evaluate("() => latentscape.faces.state.sweepAttribute") == "Bangs"
    assert "0.60" in page.locator('.meter[data-attribute="Bangs"]').inner_text()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    assert "Bangs" not in recipe(page)["attributes"] and page.locator(row).is_visible(), "the held slider stays"
    page.evaluate("document.activeElement.blur()")
    assert not page.locator(row).is_visible()


def test_the_filter_finds_an_attribute(visit):
    page = visit()
    page.locator('input[aria-label="Filter attributes"]').fill("hat")
    visible = page.locator(".column .chip[data-search]:visible")
    assert "Wearing hat" in visible.all_inner_texts()
    assert visible.count() < 6


def test_a_grid_is_drawn_and_one_of_it_can_be_taken_alone(visit):
    page = visit()
    idle(page)
    field = page.locator('input[aria-label="Pictures, exact"]')
    field.fill("4")
    field.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#pictures canvas[data-painted]').length === 4")
    idle(page)
    seed = int(page.locator(DRAWN).nth(2).get_attribute("data-seed"))
    assert seed == recipe(page)["seed"] + 2
    page.locator("#pictures .tile").nth(2).dblclick()
    page.wait_for_function("() => document.querySelectorAll('#pictures canvas').length === 1")
    idle(page)
    assert recipe(page)["seed"] == seed and recipe(page)["count"] == 1


def test_stop_keeps_what_is_there(visit):
    page = visit(query=f"?r={to_link(Recipe(seed=3, steps=250))}")  # so slow that it can be stopped
    idle(page)
    field = page.locator('input[aria-label="Pictures, exact"]')
    field.fill("16")
    field.press("Enter")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function("() => latentscape.faces.requests.current?.kind === 'draw'")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('.message').innerText.startsWith('Stopped')")
    idle(page)
    assert 1 <= page.locator("#pictures canvas[data-painted]").count() < 16
    assert recipe(page)["count"] == 16


def test_the_sweep_fills_itself_and_a_click_keeps_one(visit):
    page = visit()
    page.wait_for_function("() => document.querySelectorAll('.sweep-point:not(.waiting)').length === 7")
    page.locator(".sweep-point").first.click()
    idle(page)
    assert -1 in recipe(page)["attributes"].values()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_theme_follows_the_system_until_somebody_chooses(visit, scheme):
    page = visit(color_scheme=scheme)
    shown = "() => document.documentElement.dataset.theme"
    assert page.evaluate(shown) == scheme
    page.locator("#theme-toggle").click()
    assert page.evaluate(shown) == "light"
    page.locator("#theme-toggle").click()
    assert page.evaluate(shown) == "dark"
    page.reload()
    page.wait_for_selector(DRAWN)
    assert page.evaluate(shown) == "dark"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (1024, 768), (844, 390), (390, 844)])
def test_the_page_fits(visit, width, height):
    page = visit(width=width, height=height)
    idle(page)
    tall, wide = page.evaluate("() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert wide <= width
    if width > 760 and height > 600:
        assert tall <= height
    picture, actions = (page.locator(where).bounding_box() for where in (DRAWN, "#faces-canvas .stage-actions"))
    assert picture["width"] >= min(320, width, height - 124)
    assert not _overlap(picture, actions), "buttons over the picture"
    words = page.locator("#faces-canvas .stage-info").bounding_box()
    assert words is None or not _overlap(picture, words), "words over the picture"
    displays = "(all) => all.map((one) => getComputedStyle(one).display)"  # Gradio's own progress
    assert set(page.locator('#faces-canvas [data-testid="status-tracker"]').evaluate_all(displays)) == {"none"}
    if width <= 760 or height <= 600:
        page.evaluate("() => document.querySelector('#faces .attribute[data-attribute=Eyeglasses]').scrollIntoView()")
        page.evaluate("() => scrollBy(0, 200)")
        kept = DRAWN if width <= 760 else "#faces-controls"
        assert page.locator(kept).bounding_box()["y"] >= 0, "what a control changes stays in sight"


def _overlap(one, other):
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def test_every_control_has_a_name(visit):
    page = visit()
    assert nameless(page, "#faces") == []
