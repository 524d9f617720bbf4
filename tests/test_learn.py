"""The texts that explain the page: terms, and the keys of each tab."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ui.page_files import ASSETS

UI = Path(__file__).resolve().parent.parent / "ui"
TERMS = json.loads((ASSETS / "learn" / "terms.json").read_text(encoding="utf-8"))
HELP = json.loads((ASSETS / "learn" / "help.json").read_text(encoding="utf-8"))
USED = re.compile(r"\bterm\(\s*\"([\w-]+)\"|data-term=\\?\"([\w-]+)|explained: \"([\w-]+)\"")
END = re.compile(r"[.!?](?=\s|$)")


def used_terms() -> dict[str, str]:
    """Term -> a file of the page that uses it."""
    found = {}
    for path in [*ASSETS.rglob("*.js"), *UI.rglob("*.py")]:
        for names in USED.findall(path.read_text(encoding="utf-8")):
            found |= {name: path.name for name in names if name}
    for path in UI.rglob("*.py"):  # term_line(frechet="Fréchet distance", ...)
        for line in re.findall(r"= term_line\((.*?)\n?\)", path.read_text(encoding="utf-8"), re.DOTALL):
            found |= {name.replace("_", "-"): path.name for name in re.findall(r"(\w+)=", line)}
    return found


def test_every_term_of_the_page_is_explained():
    used = used_terms()
    assert {"seed", "guidance", "umap", "auc", "quantisation"} <= used.keys()
    assert not {name: where for name, where in used.items() if name not in TERMS}


@pytest.mark.parametrize("name", TERMS)
def test_a_term_has_two_sentences_and_a_source(name):
    entry = TERMS[name]
    assert set(entry) <= {"title", "text", "formula", "source", "link", "also"}
    assert len(END.findall(entry["text"])) == 2 and entry["text"].endswith("."), entry["text"]
    assert len(entry["text"]) < 320 and entry["title"]
    assert re.search(r"\b(19|20)\d\d\b|\b(chapter|volume)\b", entry["source"]), "a year, or where in a book"
    assert re.fullmatch(r"arXiv:\d{4}\.\d{4,5}|doi:10\.\d{4,}/\S+|https://\S+", entry.get("link", "arXiv:1234.56789"))


def test_no_two_terms_have_one_title():
    assert len({entry["title"].lower() for entry in TERMS.values()}) == len(TERMS)


def test_every_tab_has_its_keys():
    shell = (UI / "shell.py").read_text(encoding="utf-8")
    assert set(HELP["tabs"]) == set(re.findall(r'gr\.Tab\("([^"]+)"', shell))
    for tab in [*HELP["tabs"].values(), HELP]:
        assert all(len(pair) == 2 and all(pair) for pair in tab["keys"]) and tab["keys"]
