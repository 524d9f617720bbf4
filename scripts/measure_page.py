"""Measure how a browser loads the page for the first time: requests, bytes, first paint, first column, first picture.

Needs playwright and Chromium, which the tests use as well. Every load begins with an empty cache.

Example:
  python app.py --port 7860 &
  python scripts/measure_page.py http://127.0.0.1:7860
"""

from __future__ import annotations

import argparse
import os
import statistics

from _command import run

# Milliseconds since the navigation began; the observer notes when each part of the first view is there.
WATCH = """(() => {
    const seen = (window.seen = {});
    const parts = { column: '#faces-controls .column-body', picture: '#faces-canvas canvas[data-painted]' };
    const look = () => {
        for (const [name, selector] of Object.entries(parts))
            if (!seen[name] && document.querySelector(selector)) seen[name] = performance.now();
        if (Object.keys(seen).length < 2) requestAnimationFrame(look);
    };
    look();
})()"""
QUIET = 1500  # milliseconds after the first picture in which late requests are still counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="of the running app")
    parser.add_argument("--times", type=int, default=5, help="loads, of which the medians are told (default 5)")
    args = parser.parse_args()

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=flags
        )
        loads = [_load(browser, args.address) for _ in range(args.times + 1)][1:]  # the first one warms the server
        browser.close()
    for name in loads[0]:
        print(f"{name:24} {statistics.median(load[name] for load in loads):10.0f}")


def _load(browser, address: str) -> dict[str, float]:
    """One load in a context of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    network = context.new_cdp_session(page)
    sent, received = [], []
    network.on("Network.requestWillBeSent", lambda event: sent.append(event["request"]["url"]))
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("() => window.seen.column")
    at_column = [url for url in sent if not url.startswith(("data:", "blob:"))]
    page.wait_for_function("() => window.seen.picture")
    page.wait_for_timeout(QUIET)
    seen = page.evaluate("() => window.seen")
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime")
    urls = [url for url in sent if not url.startswith(("data:", "blob:"))]
    context.close()
    return {
        "requests": len(urls),
        "requests_to_column": len(at_column),
        "own_files": sum("/page/" in url for url in urls),
        "kilobytes": sum(received) / 1000,
        "first_paint_ms": paint,
        "first_column_ms": seen["column"],
        "first_picture_ms": seen["picture"],
    }


if __name__ == "__main__":
    run(main)
