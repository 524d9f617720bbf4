"""The functions that lessons point at, found by name, so that a reader sees them as they are now."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LESSONS = ROOT / "ui" / "assets" / "learn" / "lessons"
MOST_LINES = 40  # of one function


class UnknownSource(ValueError):
    """A reference that names no function or class of the repository."""


def source_of(reference: str) -> dict[str, object]:
    """``core/a.py::Class.method`` -> path, name, line, and the code itself. Raises :class:`UnknownSource`."""
    path, _, name = reference.partition("::")
    file = ROOT / path
    if not name or not file.is_file():
        raise UnknownSource(f"{reference} names no function of a file of the repository")
    text = file.read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = _child(node, part, reference)
    lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
    code = [line[node.col_offset :] for line in lines[:MOST_LINES]]
    return {"path": path, "name": name, "line": node.lineno, "code": "\n".join(code)}


def _child(node: ast.AST, name: str, reference: str) -> ast.AST:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for child in getattr(node, "body", []):
        if isinstance(child, kinds) and child.name == name:
            return child
    raise UnknownSource(f"{reference} names no function of a file of the repository")


@cache
def lesson_sources() -> bytes:
    """Reference -> :func:`source_of`, of all lessons, as JSON."""
    found = {}
    for path in sorted(LESSONS.glob("*.json")):
        lesson = json.loads(path.read_text(encoding="utf-8"))
        cards = lesson["cards"] if isinstance(lesson, dict) else []
        found |= {card["source"]: source_of(card["source"]) for card in cards if "source" in card}
    return json.dumps(found, ensure_ascii=False).encode()
