"""The bias view in a real browser: found from the list and the address, its figures lead to faces of the map."""

from __future__ import annotations

from browser import IN_BROWSER, enter

pytestmark = IN_BROWSER
SELECTED = "() => latentscape.map.state.rows?.length > 0"


def test_a_cell_leads_to_the_faces_behind_it(opened, map_url):
    page = opened(map_url)
    enter(page, "Models", "() => document.querySelector('#models-list .model')")
    page.locator("#models-list .model", has_text="Whose faces").click()
    page.wait_for_selector("#models-bias h1")
    assert page.url.endswith("#models?open=bias") and not page.is_visible("#models-canvas")
    assert page.locator("#models-bias .chart").count() == 4
    page.locator("#models-bias .chart .main-svg").first.wait_for()
    page.locator("#models-bias .chart-frame").first.focus()
    said = page.locator("#models-bias .chart-said").first
    for _ in range(41):
        page.keyboard.press("ArrowDown")  # the rows; sideways are the series
        if "Smiling" in said.inner_text():
            break
    page.keyboard.press("Enter")
    page.wait_for_function(SELECTED)
    assert page.get_attribute("#tabs [role=tab][aria-selected=true]", "data-tab-id") == "latent-map"
    assert "by attributes: smiling" in page.inner_text("#latent-map-found")
    assert page.input_value("#latent-map-search") == "smiling"


def test_the_address_leads_back_and_a_phone_scrolls_down_alone(opened, map_url):
    page = opened(f"{map_url}#models?open=bias", width=390, height=844)
    page.wait_for_selector("#models-bias .bias-tiles")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
