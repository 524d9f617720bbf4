"""The Benchmark page with the shipped figures: every model is there, tables sort, sets and models switch."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import IN_BROWSER, served, watched

import app

SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"
pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    root = tmp_path_factory.mktemp("measured")
    for name in ("autoencoder-kl", "autoencoder-cae", "autoencoder-vae"):
        (root / name).symlink_to(SHIPPED / name)
    with served(app.build(root=str(root))) as address, watched(browser) as opened:
        page = opened(address)
        page.get_by_role("tab", name="Reconstruction").click()
        page.get_by_role("tab", name="Benchmark").click()
        page.wait_for_selector(".benchmark table")
        yield page


def names(page) -> list[str]:
    heads = page.locator(".benchmark-scroll >> visible=true").first.locator("tbody th")
    return [text.split("\n")[0] for text in heads.all_inner_texts()]


def test_every_shipped_autoencoder_is_in_the_table_best_first(page):
    shown = names(page)
    assert shown[0].startswith("KL")
    assert len(shown) >= 4  # three models and what is reached without one


def test_a_column_sorts_the_other_way_round_and_back(page):
    before = names(page)
    head = page.locator(".benchmark-scroll >> visible=true").first.locator("thead button").first
    head.click()
    assert names(page) == before[::-1]
    head.click()
    assert names(page) == before


def test_another_set_shows_other_figures_and_its_charts(page):
    cell = page.locator(".benchmark-scroll >> visible=true").first.locator("tbody td").first
    before = cell.inner_text()
    page.locator("[data-switch=set] [role=radio]").nth(1).click()
    cell = page.locator(".benchmark-scroll >> visible=true").first.locator("tbody td").first
    assert cell.inner_text() != before
    charts = page.locator(".benchmark-charts .chart >> visible=true")
    assert charts.count() == 2
    charts.first.scroll_into_view_if_needed()
    charts.first.locator(".main-svg").first.wait_for()
    assert charts.first.locator(".scatterlayer .textpoint").count() >= 3
    page.locator("[data-switch=set] [role=radio]").nth(0).click()
