"""The Faces tab for its browser tests: visits, and what they read of the page."""

from __future__ import annotations

DRAWN = "#pictures canvas[data-seed][data-painted]"
PICTURE = "() => latentscape.faces.state.shown.faces[0].picture"


def visited(opened, address, query="", **settings):
    """Opens the page and waits for its first face."""
    page = opened(address + query, **settings)
    page.wait_for_selector(DRAWN)
    return page


def idle(page):
    page.wait_for_function("() => latentscape.faces.requests.idle && !latentscape.faces.requests.current")


def recipe(page):
    return page.evaluate("() => latentscape.faces.state.recipe")


def set_state(page, name, state):
    before = page.evaluate(PICTURE)
    page.locator(f'.attribute[data-attribute="{name}"] [data-state="{state}"]').click()
    page.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=before)
    idle(page)
