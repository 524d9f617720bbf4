"""The Faces tab as a visitor meets it: a real browser against the real app."""

from __future__ import annotations

import base64
import io
import json
from urllib.parse import urlparse

import pytest
from browser import IN_BROWSER, drop, loaded, nameless, served
from PIL import Image

import app
from core.recipe import Recipe, from_png, to_link

pytestmark = IN_BROWSER
DRAWN = "#pictures canvas[data-seed][data-painted]"
PICTURE = "() => latentscape.faces.state.shown.faces[0].picture"


@pytest.fixture(scope="module")
def url(tiny_checkpoints):
    with served(app.build(root=str(tiny_checkpoints))) as address:
        yield address


@pytest.fixture()
def visit(opened, url):
    """Opens the page and waits for its first face."""

    def visited(query="", **settings):
        page = opened(url + query, **settings)
        page.wait_for_selector(DRAWN)
        return page

    return visited


def idle(page):
    page.wait_for_function("() => latentscape.faces.requests.idle && !latentscape.faces.requests.current")


def recipe(page):
    return page.evaluate("() => latentscape.faces.state.recipe")


def set_state(page, name, state):
    before = page.evaluate(PICTURE)
    page.locator(f'.attribute[data-attribute="{name}"] [data-state="{state}"]').click()
    page.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=before)
    idle(page)


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
        page.wait_for_timeout(10)
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


def test_history_restores_everything(visit):
    page = visit()
    idle(page)
    first, picture = recipe(page), page.evaluate(PICTURE)
    set_state(page, "Male", "present")
    page.locator("#reroll").click()
    page.wait_for_function("() => document.querySelectorAll('#faces-history .thumb').length === 3")
    idle(page)
    page.locator("#faces-history .thumb").first.click()
    assert recipe(page) == first and page.evaluate(PICTURE) == picture
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    assert recipe(page)["attributes"].get("Male") == 1
    page.locator("#seed").focus()
    page.keyboard.press("ArrowLeft")
    assert recipe(page)["attributes"].get("Male") == 1, "keys belong to the field that has the focus"


def test_r_rerolls_unless_the_seed_is_locked(visit):
    page = visit()
    idle(page)
    seed = recipe(page)["seed"]
    page.keyboard.press("r")
    idle(page)
    assert recipe(page)["seed"] != seed
    page.locator("#lock").click()
    seed = recipe(page)["seed"]
    page.keyboard.press("r")
    assert recipe(page)["seed"] == seed and page.locator("#reroll").is_disabled()
    assert "locked" in page.locator(".message").inner_text()


def test_a_reload_and_a_link_keep_the_recipe(visit):
    page = visit()
    set_state(page, "Young", "absent")
    wanted, picture = recipe(page), page.evaluate(PICTURE)
    assert "r=" in page.url
    page.reload()
    loaded(page)
    page.wait_for_selector(DRAWN)
    idle(page)
    assert recipe(page) == wanted and page.evaluate(PICTURE) == picture
    other = visit(query="?" + urlparse(page.url).query)
    idle(other)
    assert recipe(other) == wanted and other.evaluate(PICTURE) == picture
    other.get_by_role("tab", name="Models").click()
    other.wait_for_url("**#models")
    other.reload()
    other.wait_for_selector("#models-canvas h1")
    assert other.locator("#models-tab").is_visible() and other.url.endswith("#models")


def test_a_damaged_link_is_reported_and_a_face_is_drawn_all_the_same(visit):
    page = visit(query="?r=broken")
    assert "link" in page.locator(".message").inner_text()


def test_a_downloaded_png_dropped_back_restores_its_recipe(visit, tmp_path):
    page = visit()
    set_state(page, "Smiling", "absent")
    wanted, picture = recipe(page), page.evaluate(PICTURE)
    with page.expect_download() as download:
        page.locator("#download").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert f"seed{wanted['seed']}" in path.name
    assert from_png(path.read_bytes()).attributes == wanted["attributes"]
    with page.expect_download() as download:
        page.locator("#download-enlarged").click()
    assert Image.open(download.value.path()).size == (256, 256)
    page.locator("#clear-all").click()
    idle(page)
    drop(page, path.read_bytes(), path.name)
    page.wait_for_function(
        "(wanted) => JSON.stringify(latentscape.faces.state.recipe.attributes) === wanted",
        arg=json.dumps(wanted["attributes"], separators=(",", ":")),
    )
    idle(page)
    assert recipe(page)["seed"] == wanted["seed"] and page.evaluate(PICTURE) == picture


def test_a_dropped_photo_is_read_and_edited(visit, tmp_path):
    page = visit()
    idle(page)
    path = tmp_path / "photo.png"
    Image.effect_noise((200, 260), 70).convert("RGB").save(path)
    drop(page, path.read_bytes(), path.name)
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    idle(page)
    assert page.locator("#mode-edit").get_attribute("aria-checked") == "true"
    base = page.evaluate("() => latentscape.faces.state.photo.base")
    assert recipe(page)["attributes"] == base
    state = "absent" if base.get("Eyeglasses", 0) > 0 else "present"
    page.locator(f'.attribute[data-attribute="Eyeglasses"] [data-state="{state}"]').click()
    page.wait_for_function(
        "() => latentscape.faces.state.shown?.kind === 'edit' && latentscape.faces.state.shown.faces[0].picture"
    )
    idle(page)
    assert page.locator(".compare canvas.after[data-painted]").count() == 1
    assert page.locator('.meter[data-attribute="Eyeglasses"]').count() == 1
    assert "Nothing else changed" in page.locator(".entangled").inner_text()  # to a tiny classifier
    assert page.locator("#faces-history .thumb[data-current]").count() == 1
    edited, wanted = page.evaluate(PICTURE), recipe(page)["attributes"]
    page.reload()  # the address names the edit, and this browser tab still has its photo
    loaded(page)
    page.wait_for_function("() => latentscape.faces.state.shown?.kind === 'edit'")
    idle(page)
    assert page.evaluate(PICTURE) == edited and recipe(page)["attributes"] == wanted
    with page.expect_download() as download:
        page.locator("#download").click()
    assert "edited-photo" in download.value.suggested_filename
    page.locator("#mode-draw").click()
    idle(page)
    drop(page, download.value.path().read_bytes(), "edited.png")
    page.wait_for_function("() => latentscape.faces.state.awaited")
    idle(page)
    assert "Add it" in page.locator("#faces-canvas .message").inner_text()
    assert page.get_by_text("Drop a photo here").is_visible()
    drop(page, path.read_bytes(), path.name)
    page.wait_for_function("(edited) => latentscape.faces.state.shown.faces[0].picture === edited", arg=edited)
    idle(page)
    assert recipe(page)["attributes"] == wanted
    page.get_by_role("button", name="Put it back into the photo").click()
    page.wait_for_selector(".whole-dialog[open] img")
    idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download 200 \u00d7 260").click()
    assert Image.open(download.value.path()).size == (200, 260)
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator('.crop-view input[name="turn"]').fill("20")
    page.wait_for_function(
        "() => latentscape.faces.state.photo?.base && latentscape.faces.state.photo.placement.degrees === 20"
    )
    idle(page)
    page.locator("#mode-draw").click()
    page.wait_for_selector(DRAWN)
    idle(page)


def test_a_cut_out_stands_on_white_as_on_the_server(visit):
    page = visit()
    idle(page)
    cut_out = Image.new("RGBA", (120, 120))
    cut_out.paste((200, 40, 40, 255), (40, 40, 80, 80))
    file = io.BytesIO()
    cut_out.save(file, "PNG")
    drop(page, file.getvalue(), "cut-out.png")
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    sent = Image.open(
        io.BytesIO(base64.b64decode(page.evaluate("() => latentscape.faces.state.photo.source").split(",")[1]))
    )
    assert min(sent.getpixel((2, 2))) > 250 and sent.getpixel((sent.width // 2, sent.height // 2))[1] < 90


def test_the_camera_takes_a_photo_and_is_let_go(visit):
    page = visit()
    idle(page)
    page.locator("#mode-edit").click()
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_role("button", name="Take photo").click()
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    assert page.locator(".camera").count() == 0
    assert page.locator(".crop-view canvas").is_visible()
    page.get_by_role("button", name="Camera", exact=True).click()
    page.wait_for_selector(".camera video")
    video = page.locator(".camera video")
    assert video.evaluate("(video) => getComputedStyle(video).transform").startswith("matrix(-1,")  # as in a mirror
    device = "() => document.querySelector('.camera video').srcObject.getVideoTracks()[0].getSettings().deviceId"
    first = page.evaluate(device)
    page.get_by_role("button", name="Other camera").click()
    page.wait_for_function(f"(first) => ({device})() !== first", arg=first)
    stream = video.evaluate_handle("(video) => video.srcObject")
    assert stream.evaluate("(stream) => stream.getTracks()[0].readyState") == "live"
    page.locator("#mode-draw").click()
    assert page.locator(".camera").count() == 0
    assert stream.evaluate("(stream) => stream.getTracks()[0].readyState") == "ended"


def test_a_file_that_is_no_picture_is_refused_where_the_visitor_looks(visit):
    page = visit()
    drop(page, b"just text", "notes.txt", "text/plain")
    page.wait_for_function("() => !document.querySelector('.message').hidden")
    assert "not a picture" in page.locator(".message").inner_text()
    drop(page, b"just text", "broken.png", "image/png")
    page.wait_for_function("() => !document.querySelector('.message').innerText.includes('not a picture.')")
    idle(page)
    assert page.locator(".message[data-kind=error]").is_visible()
    assert page.locator("#mode-draw").get_attribute("aria-checked") == "true" and page.locator(DRAWN).is_visible()
    photo = io.BytesIO()
    Image.effect_noise((200, 260), 70).convert("RGB").save(photo, "PNG")
    drop(page, photo.getvalue(), "me.png")
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    idle(page)
    before = page.evaluate("() => latentscape.faces.state.photo.source")
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    for data, name, kind in ((drawing, "a.svg", "image/svg+xml"), (b"text", "a.jpg", "image/jpeg")):
        page.evaluate("() => (document.querySelector('#faces-canvas .message').hidden = true)")
        drop(page, data, name, kind)
        page.wait_for_selector("#faces-canvas .message[data-kind=error]")
        idle(page)
        assert page.evaluate("() => latentscape.faces.state.photo.source") == before
    link = to_link(Recipe(seed=3, model="text", prompt="a man"))
    page.evaluate("(link) => latentscape.faces.send({ kind: 'draw', link })", link)
    page.get_by_text("It belongs in Text prompts").wait_for()


def test_a_drop_on_another_tab_is_answered_where_the_visitor_is_taken(visit):
    page = visit()
    idle(page)
    page.get_by_role("tab", name="Models").click()
    page.wait_for_selector("#models-canvas h1")
    drop(page, b"just text", "notes.txt", "text/plain")
    page.wait_for_function("() => document.querySelector('#faces-canvas .message').offsetParent")
    assert "not a picture" in page.locator("#faces-canvas .message").inner_text()


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


def _overlap(one, other):
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def test_every_control_has_a_name(visit):
    page = visit()
    assert nameless(page, "#faces") == []
