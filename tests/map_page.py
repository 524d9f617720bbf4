"""The Latent map for its browser tests: what they read of the page, and when it is at rest."""

from __future__ import annotations

IDLE = "() => latentscape.map.requests.idle && latentscape.map.state.colouring"
LARGE = "() => document.querySelector('.latent-map-large')?.dataset.painted"
PIXEL = """row => { const plane = latentscape.map.state.plane, box = plane.element.getBoundingClientRect();
    return [box.left + plane.pixels[2 * row], box.top + plane.pixels[2 * row + 1]]; }"""
STILL = """() => new Promise((done) => {
    let [before, frames] = ["", 0];
    const look = () => {
        const now = String(latentscape.map.state.plane.pixels), same = now === before;
        [before, frames] = [now, same ? frames + 1 : 0];
        return frames === 5 ? done() : requestAnimationFrame(look);
    };
    look();
})"""  # no point has moved for five frames: neither gliding nor measuring the page goes on
EMPTY = """() => { const plane = latentscape.map.state.plane, box = plane.element.getBoundingClientRect();
    const far = (x, y) => plane.pixels.every((_, i) => i % 2 || Math.hypot(plane.pixels[i] - x, plane.pixels[i + 1] - y) > 30);
    for (let y = 60; y < box.height - 260; y += 12) for (let x = 60; x < box.width - 420; x += 12)
      if (far(x, y)) return [box.left + x, box.top + y]; }"""  # noqa: E501


def visited(opened, address, **size):
    """Opens the tab, its map not yet drawn."""
    page = opened(address, **size)
    page.get_by_role("tab", name="Latent map").click()
    return page


def shown(page):
    page.wait_for_selector(".latent-map-plane[data-ready]")
    settled(page)
    return page


def settled(page):
    page.wait_for_function(IDLE)
    page.evaluate(STILL)
    page.wait_for_function(IDLE)
