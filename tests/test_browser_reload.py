"""A page that is loaded again: what the console says of it is explained there, and nothing else is said."""

from __future__ import annotations

from browser import IN_BROWSER, LEAVING, loaded

pytestmark = IN_BROWSER
PAINTED = "#pictures canvas[data-painted]"


def test_the_console_explains_what_gradio_reports_of_a_page_that_is_left(opened, faces_url):
    page = opened(faces_url)
    said = []
    page.on("console", lambda message: said.append((message.type, message.text.partition("\n")[0])))
    page.wait_for_selector(PAINTED)  # the stream of responses is open
    page.reload()
    loaded(page)
    page.wait_for_selector(PAINTED)
    errors = {text for kind, text in said if kind == "error"}
    assert errors <= set(LEAVING)
    assert any(kind == "info" and "Nothing is wrong" in text for kind, text in said)
