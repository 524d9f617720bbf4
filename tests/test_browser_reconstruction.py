"""The Reconstruction tab as a visitor meets it: a real browser against the real app, one model missing."""

from __future__ import annotations

import io
import zipfile

import pytest
import torch
from browser import IN_BROWSER, enter, nameless, served
from PIL import Image

import app
from core.checkpoints import save_model, write_json
from core.models.flat_autoencoder import FlatAutoencoder

pytestmark = IN_BROWSER
IDLE = """() => latentscape.reconstruction.requests.idle && latentscape.reconstruction.state.rows.length >= 3
    && latentscape.faces.requests.idle"""
DONE = "() => latentscape.reconstruction.requests.idle"
AFTER = ".reconstruction-compare canvas.after"
LARGE = f"() => document.querySelector('{AFTER}').dataset.painted.split(':').slice(0, 2).join()"  # without its size


@pytest.fixture(scope="module")
def url(tiny_checkpoints, tmp_path_factory):
    root = tmp_path_factory.mktemp("reconstruction")
    for name in ("faces", "classifier", "autoencoder-kl"):
        (root / name).symlink_to(tiny_checkpoints / name)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        save_model(FlatAutoencoder(True, code_dim=6, widths=(16, 16, 16)).eval(), root / "autoencoder-vae")
    write_json(root / "autoencoder-vae" / "metrics.json", {"psnr_percentiles": {"celeba": list(range(-40, 61))}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTSCAPE_SD", str(root / "nowhere"))
        patch.setenv("LATENTSCAPE_TAESD", str(root / "nowhere"))
        with served(app.build(root=str(root))) as address:
            yield address


@pytest.fixture()
def visit(opened, url):
    """Opens the tab and waits for its first grid."""

    def visited(**size):
        page = opened(url, **size)
        enter(page, "Reconstruction", IDLE)
        return page

    return visited


def cell(page, model, row=0):
    return page.locator(f'.reconstruction-cell[data-model="{model}"]').nth(row)


def enlarge(page, model):
    cell(page, model).locator(".reconstruction-picture").click()
    page.wait_for_function("() => document.querySelector('.reconstruction-points canvas[data-painted]')")
    page.wait_for_function("() => latentscape.reconstruction.requests.idle")


def changed(page, before):
    page.wait_for_function(f"(before) => ({LARGE})() !== before && ({DONE})()", arg=before)


def test_the_table_is_laid_before_anyone_touches_anything(visit):
    page = visit()
    assert page.locator(".reconstruction-original").count() == 3
    assert page.locator('.reconstruction-cell[data-state="done"]').count() == 6
    words = cell(page, "kl").inner_text()
    assert "dB" in words and "SSIM" in words and "distance" in words and "ms" in words
    assert "12:1" in page.locator('.reconstruction-head[data-model="kl"]').inner_text()


def test_every_request_is_sent_as_it_was_made(opened, url):
    """When a tab is first drawn, Gradio puts older values back into its components, one frame later."""
    page = opened(url)
    page.wait_for_function("() => latentscape.faces.requests.idle")
    page.evaluate(
        """() => {
            const [frame, held] = [window.requestAnimationFrame, []];
            window.requestAnimationFrame = (action) => held.push(action);
            latentscape.on('reconstruction:requested', ({ request_id }) => {
                if (request_id !== 2) return;
                window.requestAnimationFrame = frame;
                window.late = held.length;
                for (const action of held) action(performance.now());
            });
        }"""  # a slow frame: it comes after the second request, and before the end of the response to the first
    )
    page.get_by_role("tab", name="Reconstruction").click()
    page.wait_for_function(IDLE, polling=100)  # not once a frame: frames are held
    assert page.evaluate("() => window.late") > 0


def test_one_stream_brings_the_responses_of_many_requests(visit):
    page = visit()
    requests, streams = (
        page.evaluate(
            "(path) => performance.getEntriesByType('resource').filter((one) => one.name.includes(path)).length", path
        )
        for path in ("/queue/join", "/queue/data")
    )
    assert requests >= 6  # a drawing, the table, three pictures, their grid
    assert streams <= requests / 3  # a stream that closes after every response loses some (core.js)


def test_a_missing_model_has_one_quiet_line_that_says_how_to_get_it(visit):
    page = visit()
    assert page.locator('.reconstruction-head[data-model="cae"]').count() == 0
    page.locator('.reconstruction-absent[data-model="cae"] summary').click()
    assert page.locator('.reconstruction-cell[data-model="cae"]').count() == 0
    absent = page.locator('.reconstruction-absent[data-model="cae"]')
    assert "python scripts/train_autoencoder.py" in absent.inner_text()
    foreign = page.locator('.reconstruction-absent[data-model="sd"]')
    assert "LATENTSCAPE_SD" in foreign.text_content()
    assert "MB" in foreign.locator(".button").get_attribute("title")
    page.locator('.reconstruction-model[data-model="sd"] input').uncheck()
    foreign.wait_for(state="detached")


def test_good_files_are_shown_and_bad_ones_named(visit, tmp_path):
    page = visit()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inside.png", _png((40, 90), "teal"))
    files = [
        {"name": "wide.png", "mimeType": "image/png", "buffer": _png((300, 40), "olive")},
        {"name": "letter.png", "mimeType": "image/png", "buffer": b"Dear reader, this is text."},
        {"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""},
        {"name": "several.zip", "mimeType": "application/zip", "buffer": packed.getvalue()},
    ]
    page.locator("#reconstruction-file").set_input_files(files)
    page.wait_for_function(f"() => latentscape.reconstruction.state.rows.length === 5 && ({DONE})()")
    assert page.locator('.reconstruction-cell[data-state="done"]').count() == 10
    problems = page.locator(".reconstruction-problems li")
    shown = problems.all_inner_texts()
    assert len(shown) == 2 and any("letter.png" in one and "not a picture" in one for one in shown)
    assert any("empty.jpg" in one and "empty" in one for one in shown)
    problems.first.get_by_role("button").click()
    assert problems.count() == 1
    page.locator(".reconstruction-original").first.hover()  # what was added comes first
    page.get_by_role("button", name="Remove wide.png").click()
    page.wait_for_function("() => document.querySelectorAll('.reconstruction-original').length === 4")
    assert page.locator('.reconstruction-cell[data-state="done"]').count() == 8
    page.get_by_role("button", name="Remove all pictures").click()
    page.wait_for_function("() => !document.querySelectorAll('.reconstruction-original').length")
    page.get_by_role("button", name="Undo: bring back 4 pictures").click()
    page.wait_for_function("() => document.querySelectorAll('.reconstruction-cell[data-state=done]').length === 8")


def test_errors_are_shown_on_one_scale_across_a_row(visit):
    page = visit()
    page.locator("#reconstruction-errors").click()
    heats = "document.querySelectorAll('.reconstruction-cell canvas[data-painted^=heat]').length"
    page.wait_for_function(f"() => {heats} === 6")
    tops = page.evaluate(
        """() => [...document.querySelectorAll('.reconstruction-original')].map((row) => [
            row.querySelector('.heat-legend').innerText,
            ...[...document.querySelectorAll(`.reconstruction-cell[data-row="${row.dataset.row}"] canvas`)]
                .map((canvas) => canvas.dataset.painted.split(':').pop())])"""
    )
    for legend, *scales in tops:
        assert len(set(scales)) == 1 and scales[0] in legend
    page.locator("#reconstruction-pictures").click()
    page.wait_for_function("() => !document.querySelector('.reconstruction-cell canvas[data-painted^=heat]')")


def test_before_and_after_move_with_keys_and_escape_leads_back(visit):
    page = visit()
    enlarge(page, "kl")
    split = page.locator(".reconstruction-compare .split")
    split.focus()
    page.keyboard.press("Home")
    where = "(node) => node.style.getPropertyValue('--split')"
    assert page.locator(".reconstruction-compare").evaluate(where) == "0%"
    page.keyboard.press("ArrowRight")
    assert page.locator(".reconstruction-compare").evaluate(where) == "0.5%"
    assert page.locator(".reconstruction-compare").bounding_box()["width"] >= 400
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    assert "Variational" in page.locator(".reconstruction-title").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('.reconstruction-stage').offsetParent")


def test_surgery_is_live_and_can_be_undone(visit):
    page = visit()
    enlarge(page, "kl")
    assert page.locator(".reconstruction-channel img").count() == 4
    assert page.locator(".reconstruction-enlarged .chart-legend button").count() == 4  # values of each channel
    untouched = page.evaluate(LARGE)
    page.get_by_role("button", name="Silence channel 2").click()
    changed(page, untouched)
    assert page.locator(".reconstruction-compare .tag-after").inner_text() == "After surgery"
    silenced = page.evaluate(LARGE)
    page.get_by_role("button", name="Swap channel 1", exact=True).click()
    changed(page, silenced)
    page.locator("#reconstruction-reset").click()
    page.wait_for_function(f"(first) => ({LARGE})() === first", arg=untouched)
    assert page.locator(".reconstruction-compare .tag-after").inner_text() == "Reconstruction"


def test_a_moving_slider_builds_no_backlog_and_its_last_value_wins(visit):
    page = visit()
    enlarge(page, "kl")
    untouched = page.evaluate(LARGE)
    page.evaluate(
        """() => { window.sent = [];
            latentscape.on('reconstruction:requested', (one) => window.sent.push(one.content)); }"""
    )
    page.locator('[data-slider="Noise"]').evaluate(
        """async (node) => {
            for (let step = 1; step <= 30; step++) {
                node.value = step / 10;
                node.dispatchEvent(new Event('input'));
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
        }"""  # in the page, so that a slow machine does not give every step the time to be answered
    )
    page.wait_for_function("() => window.sent.at(-1)?.surgery?.noise === 3")
    changed(page, untouched)
    sent = page.evaluate("() => window.sent.filter((one) => one.kind === 'operate')")
    assert len(sent) < 30 and sent[-1]["surgery"]["noise"] == 3


def test_a_code_is_dragged_sampled_and_interpolated(visit):
    page = visit()
    enlarge(page, "vae")
    assert page.locator(".reconstruction-points canvas").count() == 8
    untouched = page.evaluate(LARGE)
    page.locator('[data-slider="Value"]').evaluate(
        "(node) => { node.value = 4; node.dispatchEvent(new Event('input')); }"
    )
    changed(page, untouched)
    tag = page.locator(".reconstruction-compare .tag-after")
    assert tag.inner_text() == "One dimension moved" and "dB" not in page.locator(".reconstruction-info").inner_text()
    page.locator("#reconstruction-reset").click()
    page.wait_for_function(f"(before) => ({LARGE})() === before", arg=untouched)
    assert tag.inner_text() == "Reconstruction" and "dB" in page.locator(".reconstruction-info").inner_text()
    for kind, count in (("sample", 8), ("traverse", 7)):
        page.locator(f'[data-strip="{kind}"]').click()
        page.wait_for_function(
            f"() => document.querySelectorAll('.reconstruction-points canvas').length === {count}"
            " && !('stale' in document.querySelector('.reconstruction-strip').dataset)"
        )
    page.locator(".reconstruction-points button").first.click()
    assert page.locator(".reconstruction-compare .tag-after").inner_text() == "From the strip"


def test_pictures_go_to_and_fro_between_the_tabs(visit):
    page = visit()
    page.get_by_role("tab", name="Faces").click()
    first = page.evaluate("() => latentscape.faces.state.shown.link")
    page.keyboard.press("r")  # the face that everybody meets is on the table already
    page.wait_for_function(
        "(first) => latentscape.faces.state.shown.link !== first && latentscape.faces.requests.idle", arg=first
    )
    page.locator("#send-to-reconstruction").click()
    page.wait_for_function(f"() => latentscape.reconstruction.state.rows.length === 4 && ({DONE})()")
    page.locator(".reconstruction-original").first.hover()
    page.locator(".reconstruction-original").first.get_by_role("button", name="Edit in Faces").click()
    page.wait_for_function("() => latentscape.faces.state.photo?.base")
    assert page.locator("#mode-edit").get_attribute("aria-checked") == "true"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_page_fits(visit, width, height):
    page = visit(width=width, height=height)
    assert "of test pictures" in cell(page, "vae").inner_text()
    cut = """(all) => all.filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
        .map((one) => one.textContent)"""
    assert not page.locator(".reconstruction-cell .reconstruction-caption, .reconstruction-rank").evaluate_all(cut)
    for model in (None, "kl"):
        if model:
            enlarge(page, model)
        size = "() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        tall, wide = page.evaluate(size)
        assert wide <= width
        if width > 760:
            assert tall <= height
        wider = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className)"
        parts = "#reconstruction .button-row, .reconstruction-latent-body, .reconstruction-channel-buttons"
        assert not page.locator(parts).evaluate_all(wider)


def test_every_control_has_a_name(visit):
    page = visit()
    enlarge(page, "kl")
    assert nameless(page, "#reconstruction") == []


def _png(size, colour):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()
