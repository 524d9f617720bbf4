"""Many visitors at once: every tab is used as its page uses it, and each picture is compared with the one drawn alone.

Example: python scripts/load_test.py http://127.0.0.1:7860 --clients 50 --requests 40 --minutes 20
It prints the median and the 95th percentile of the seconds for each kind of request, how evenly the visitors were
served, and how much memory the server gained (where it runs on this machine and --pid is given). It ends with status 1
when a request failed or a picture differed.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _command import run
from _page_client import App, Page, RefusedError, fingerprint

SEEDS = 3  # of each kind; more would only make the pass that draws alone longer
WARM_REQUESTS = 200  # after which memory is expected to stay
MOST_CLIENTS, MOST_REQUESTS, MOST_MINUTES = 200, 1000, 120

Case = tuple[str, str, str, Any]  # kind, component, event, value


@dataclass
class Tally:
    """What all clients saw. Each method may be called from any thread."""

    expected: dict[str, str]
    until: float
    pid: int | None
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)
    memory: list[tuple[int, int]] = field(default_factory=list)  # requests so far, bytes
    by_client: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def count(self) -> int:
        return sum(self.by_client.values())

    def add(self, client: int, kind: str, seconds: float, problem: str = "") -> None:
        with self.lock:
            self.by_client[client] += 1
            self.seconds[kind].append(seconds)
            if problem:
                self.problems.append(problem)
            if self.pid and self.count % 20 == 0:
                self.memory.append((self.count, resident(self.pid)))


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cases(app: App) -> dict[str, Case]:
    """Requests of all tabs that the app has, by a name for each."""
    recipe = {"version": 1, "model": "faces", "attributes": {"Smiling": 1, "Male": -1}, "steps": 8}
    prompt = {"version": 1, "model": "text", "prompt": "a smiling woman with blond hair"}
    styles = Page(app).request("styles-controls", "request", {"kind": "open"}).get("styles", [])
    found: dict[str, Case] = {}
    for seed in range(SEEDS):
        one, said = {**recipe, "seed": seed}, {**prompt, "seed": seed}
        wanted = [
            ("draw a face", "faces-controls", {"kind": "draw", "recipe": one, "settle": True}),
            ("sweep", "faces-controls", {"kind": "sweep", "recipe": {**one, "steps": 4}, "attribute": "Young"}),
            ("draw a prompt", "prompts-controls", {"kind": "draw", "recipe": said}),
            ("apply a style", "styles-controls", _styled(one, styles)),
            ("decode a code", "reconstruction-controls", {"kind": "sample", "model": "vae", "seed": seed, "count": 4}),
            ("decode a place", "latent-map-controls", _place(app, seed)),
        ]
        for kind, component, value in wanted:
            if value and (component, "request") in app.events:
                found[f"{kind} {seed}"] = kind, component, "request", value
    found["models"] = "list the models", "models-list", "pick", {}
    return found


def _styled(recipe: Any, styles: list[Any]) -> Any:
    """A request to draw in one of these styles; None where there is none."""
    if not styles:
        return None
    style = styles[recipe["seed"] % len(styles)]["name"]
    return {"kind": "draw", "recipe": recipe, "active": {"weights": {style: 1}}}


def _place(app: App, seed: int) -> Any:
    """A request to decode a place of the first map; None where there is no map."""
    opened = Page(app).request("latent-map-controls", "request", {"kind": "open", "request_id": 1})
    atlas = next(iter(opened.get("atlases", [])), {})
    spaces = [one for one in atlas.get("spaces", []) if one.get("decodes") and not one.get("problem")]
    if not spaces:
        return None
    space = spaces[seed % len(spaces)]
    names = {"atlas": atlas["name"], "space": space["key"], "projection": space["projections"][0]}
    return {"kind": "decode", **names, "place": [0.1 * seed, -0.1]}


def ask(page: Page, case: Case, number: int) -> str:
    """Send one request; returns the fingerprint of its pictures, "" without the model. Raises ``RefusedError``."""
    kind, component, event, value = case
    if kind == "list the models":
        return fingerprint(page.at_once(component, event, value))
    response = page.request(component, event, {**value, "request_id": number})
    if response.get("missing"):
        return ""
    if response.get("error") or response.get("request_id") != number:
        raise RefusedError(200, f"{kind}: {response.get('error') or 'no response'}")
    return fingerprint(response)


def visit(app: App, client: int, requests: int, plan: dict[str, Case], tally: Tally) -> None:
    """Be one visitor: one request after the other, in an order of its own."""
    page, names, order = Page(app), list(plan), random.Random(client)
    for number in range(requests):
        if time.monotonic() > tally.until:
            return
        if number % len(names) == 0:  # everybody sends the same mixture
            order.shuffle(names)
        name = names[number % len(names)]
        began, problem = time.monotonic(), ""
        try:
            if ask(page, plan[name], number + 1) != tally.expected[name]:
                problem = f"{name}: another picture than the one drawn alone"
        except Exception as error:
            problem = f"{name}: {type(error).__name__}: {error}"
        tally.add(client, plan[name][0], time.monotonic() - began, problem)


def report(tally: Tally, clients: int, took: float) -> None:
    """Print what came of it."""
    print(f"{tally.count} requests of {clients} clients in {took:.0f} s; {len(tally.problems)} went wrong")
    print(f"{'seconds':<20}{'number':>8}{'median':>9}{'p95':>9}{'longest':>9}")
    for kind, seconds in sorted(tally.seconds.items()):
        ordered = sorted(seconds)
        median, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        print(f"{kind:<20}{len(ordered):>8}{median:>9.2f}{high:>9.2f}{ordered[-1]:>9.2f}")
    served = sorted(tally.by_client.values())
    print(f"requests of each client that ended: {', '.join(map(str, served))}")
    if tally.memory:
        before = next((size for count, size in tally.memory if count >= WARM_REQUESTS), tally.memory[0][1])
        after = tally.memory[-1][1]
        print(f"memory: {before / 1e6:.0f} MB, then {after / 1e6:.0f} MB ({after / before - 1:+.1%})")
    for problem in tally.problems[:10]:
        print(f"  {problem}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="address of the running app")
    parser.add_argument("--clients", type=int, default=10, help=f"visitors at once, at most {MOST_CLIENTS}")
    parser.add_argument("--requests", type=int, default=10, help=f"of each, at most {MOST_REQUESTS}")
    parser.add_argument("--minutes", type=float, default=10, help=f"of sending, at most {MOST_MINUTES}")
    parser.add_argument("--pid", type=int, help="the server's process, to measure its memory")
    options = parser.parse_args()
    limits = {"clients": MOST_CLIENTS, "requests": MOST_REQUESTS, "minutes": MOST_MINUTES}
    for name, most in limits.items():
        if not 0 < getattr(options, name) <= most:
            parser.error(f"--{name} is a number up to {most}.")
    app = App.open(options.url)
    plan = cases(app)
    print(f"Drawing each of {len(plan)} requests alone ...", flush=True)
    alone = {name: found for name, case in plan.items() if (found := ask(Page(app), case, 1))}
    plan = {name: plan[name] for name in alone}
    began = time.monotonic()
    tally = Tally(alone, began + options.minutes * 60, options.pid)
    arguments = [(app, client, options.requests, plan, tally) for client in range(options.clients)]
    threads = [threading.Thread(target=visit, args=one) for one in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report(tally, options.clients, time.monotonic() - began)
    sys.exit(1 if tally.problems else 0)


if __name__ == "__main__":
    run(main)
