"""Photos in the Faces tab, in a browser: dropped, taken, refused, edited."""

from __future__ import annotations

import base64
import io
from functools import partial

import pytest
from browser import IN_BROWSER, drop, loaded
from faces_page import DRAWN, PICTURE, idle, recipe, visited
from PIL import Image

from core.recipe import Recipe, to_link

pytestmark = IN_BROWSER


@pytest.fixture()
def visit(opened, faces_url):
    return partial(visited, opened, faces_url)


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
