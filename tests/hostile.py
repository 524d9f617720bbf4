"""What somebody may send who wants the worst, from a seed: values of any type and size, and what must not come back."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

SCALARS = [
    *(None, True, False, -1, 0, 10**400, 1.5, 1e308, "", "0", "\0", "a\ud800", "🎩" * 200, "x" * 100_000),
    *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "%2e%2e%2f", "C:\\windows", "__class__", "\u202e<b>"),
    *("data:image/png;base64,AAAA", "data:,", "http://127.0.0.1:1/", "$(id)", "' OR 1=1 --", "faces", "text", "draw"),
]
FILES = [
    *("/etc/passwd", "/proc/self/environ", "app.py", "../app.py", "checkpoints/faces/config.json", ".git/config"),
    *("file:///etc/passwd", "http://127.0.0.1:22/", "http://169.254.169.254/latest/", "ftp://huggingface.co/x"),
]
NAMES = ["kind", "recipe", "request_id", "photo", "seed", "model", "path", "paths", "names", "active", "act", "text"]
LEAK = re.compile(r"Traceback|File \"|site-packages|\.py(?:\"|:\d)|root:x:0|(?:Key|Type|Value|Index|OS)Error")


def file_data(path: Any) -> dict[str, Any]:
    """A file as Gradio's clients send it, at a path that they were never given."""
    return {"path": path, "url": path, "orig_name": path, "size": 1, "meta": {"_type": "gradio.FileData"}}


def values(seed: int, count: int, kinds: list[str] = ()) -> Iterator[Any]:
    """Yield ``count`` values; half of them are requests of one of these kinds with wrong contents."""
    chance = random.Random(seed)
    for number in range(count):
        if kinds and number % 2:
            names = chance.sample(NAMES, 4)
            yield {**{name: value(chance) for name in names}, "kind": chance.choice(kinds)}
        else:
            yield value(chance)


def value(chance: random.Random, depth: int = 0) -> Any:
    """Return any JSON value."""
    what = chance.random()
    if what < 0.6 or depth > 3:
        return chance.choice(SCALARS)
    if what < 0.7:
        return file_data(chance.choice(FILES))
    inner = [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return inner if what < 0.85 else dict(zip(chance.sample(NAMES, len(inner)), inner, strict=True))
