"""axe-core reads every tab, light and dark, and a lesson: nothing that it calls serious or critical."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import IN_BROWSER, served

import app

axe = pytest.importorskip("axe_core_python", reason="axe-core is in requirements-dev.txt")
pytestmark = IN_BROWSER
SCRIPT = Path(axe.__file__).with_name("axe.min.js")
READY = {  # what a tab is waited for before it is read
    "Faces": "#pictures canvas[data-painted]",
    "Text prompts": "#prompts-controls .foot",
    "Styles": ".style-tile",
    "Reconstruction": ".reconstruction-cell",
    "Classify": ".classify-row",
    "Latent map": "#latent-map-controls [data-key]",
    "Compare": ".compare-row",
    "Models": "#models-list .model",
}
SERIOUS = """async () => {
    const found = (await axe.run(document, { resultTypes: ['violations'] })).violations;
    return found.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target }) => target.join(' ')).join('; ')}`);
}"""


@pytest.fixture(scope="module")
def url(tiny_checkpoints):
    with served(app.build(root=str(tiny_checkpoints))) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation(opened, url, scheme):
    page = opened(url, color_scheme=scheme)
    page.add_script_tag(path=SCRIPT)
    problems = {}

    def read(name):
        problems[name] = page.evaluate(SERIOUS)

    for title, ready in READY.items():
        tab = page.get_by_role("tab", name=title, exact=True)
        if not tab.is_visible():  # without weights
            continue
        tab.click()
        page.locator(ready).first.wait_for()
        read(title)
    page.get_by_role("tab", name="Faces").click()
    page.keyboard.press("i")
    page.locator("#faces-inside .chart[data-drawn]").wait_for()
    read("inside the drawing")
    page.keyboard.press("i")
    page.locator("#help-open").click()
    page.locator("#help-terms").click()
    page.locator("#glossary .glossary-entry").first.wait_for()
    read("glossary")
    page.keyboard.press("Escape")
    page.locator("#learn-open").click()
    page.locator('#lessons [data-lesson="guidance"]').click()
    page.get_by_text("Show me without guessing").click()
    read("lesson")
    page.locator("#lesson").get_by_role("button", name="Close the lesson").click()
    page.locator("#learn-open").click()
    page.locator("#small-world-open").click()
    page.locator(".world-pad").wait_for()
    read("small world")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Models").click()
    page.locator("#models-list .model", has_text="Whose faces").click()
    page.locator("#models-bias .bias-tiles").wait_for()
    read("bias")
    assert not {name: found for name, found in problems.items() if found}
