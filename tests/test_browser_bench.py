"""The Benchmark page with the shipped figures: every model is there, tables sort, sets and models switch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import app

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = "/usr/bin/chromium"
SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("measured")
    for name in ("autoencoder-kl", "autoencoder-cae", "autoencoder-vae"):
        (root / name).symlink_to(SHIPPED / name)
    built = app.build(root=str(root))
    _, address, _ = app.start(built, quiet=True)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.set_default_timeout(60_000)
        opened.goto(address)
        opened.get_by_role("tab", name="Reconstruction").click()
        opened.get_by_role("tab", name="Benchmark").click()
        opened.wait_for_selector(".bench table")
        yield opened
        browser.close()
    built.close()


def names(page) -> list[str]:
    heads = page.locator(".bench-scroll >> visible=true").first.locator("tbody th")
    return [text.split("\n")[0] for text in heads.all_inner_texts()]


def test_every_shipped_autoencoder_is_in_the_table_best_first(page):
    shown = names(page)
    assert shown[0].startswith("KL")
    assert len(shown) >= 4  # three models and what is reached without one


def test_a_column_sorts_the_other_way_round_and_back(page):
    before = names(page)
    head = page.locator(".bench-scroll >> visible=true").first.locator("thead button").first
    head.click()
    assert names(page) == before[::-1]
    head.click()
    assert names(page) == before


def test_another_set_shows_other_figures_and_its_charts(page):
    cell = page.locator(".bench-scroll >> visible=true").first.locator("tbody td").first
    before = cell.inner_text()
    page.locator("[data-switch=set] [role=radio]").nth(1).click()
    cell = page.locator(".bench-scroll >> visible=true").first.locator("tbody td").first
    assert cell.inner_text() != before
    assert page.locator(".bench figure svg >> visible=true").count() == 2
    page.locator("[data-switch=set] [role=radio]").nth(0).click()
