"""What the hub refuses of a Space: its card (the front matter of README.md), its pinned versions and its files.

The rules are those of the hub's configuration reference and of its limits on repositories. ``deploy_space.py`` lets the
hub itself check the card, too, before it sends anything; these checks need no network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
LONGEST_TITLE = LONGEST_DESCRIPTION = 60  # characters
OLDEST_PYTHON, NEWEST_PYTHON = 11, 14  # 3.11, which the app needs, to 3.14
MOST_BYTES = 10**9  # of a Space's repository
MOST_FILES, MOST_IN_FOLDER = 100_000, 10_000
LONGEST_NAME = 255  # bytes of one part of a path

Card = Mapping[str, Any]


def card_problems(card: Card, names: list[str]) -> Iterator[str]:
    """Yield a sentence for everything in the card that the hub refuses; ``names`` are the files beside it."""
    yield from _text_problems(card)
    for key in ("colorFrom", "colorTo"):
        if key in card and card[key] not in COLOURS:
            yield f"{key} is {card[key]!r}; the hub knows {', '.join(COLOURS)}."
    if card.get("sdk") != "gradio":
        yield f"sdk is {card.get('sdk')!r}; this app is of the sdk gradio."
    if card.get("app_file") not in names:
        yield f"app_file is {card.get('app_file')!r}, and no such file would be sent."
    python = re.fullmatch(r"3\.(\d+)(\.\d+)?", str(card.get("python_version", "")))
    if not isinstance(card.get("python_version"), str) or not python:
        yield f'python_version is {card.get("python_version")!r}; it is written like "3.{OLDEST_PYTHON}", in quotes.'
    elif not OLDEST_PYTHON <= int(python[1]) <= NEWEST_PYTHON:
        yield f"python_version is {python[0]}; the app runs with 3.{OLDEST_PYTHON} to 3.{NEWEST_PYTHON}."
    if not isinstance(card.get("pinned", False), bool):
        yield f"pinned is {card['pinned']!r}; it is true or false."
    if not _is_list_of_texts(card.get("tags", [])):
        yield "tags is a list of texts."
    hardware = card.get("suggested_hardware", "cpu-basic")
    if hardware not in _hardware():
        yield f"suggested_hardware is {hardware!r}, which the hub does not have."


def _text_problems(card: Card) -> Iterator[str]:
    for key, longest in (("title", LONGEST_TITLE), ("short_description", LONGEST_DESCRIPTION)):
        value = card.get(key, "")
        if not isinstance(value, str) or (key == "title" and not value.strip()):
            yield f"{key} is {value!r}; it is a text."
        elif len(value) > longest:
            yield f"{key} has {len(value)} characters; the hub takes {longest}."
    emoji = card.get("emoji", "")
    if not isinstance(emoji, str) or any(letter.isalnum() or letter.isspace() for letter in emoji):
        yield f"emoji is {emoji!r}; it is one emoji, or left out."


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _hardware() -> set[str]:
    from huggingface_hub import SpaceHardware

    return {one.value for one in SpaceHardware}


def version_problems(card: Card, requirements: str) -> Iterator[str]:
    """Yield a sentence for each version that is not the one that is installed here and so is known to exist.

    ``requirements`` is the text of requirements.txt.
    """
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;#]+)", requirements, flags=re.MULTILINE))
    stated = card.get("sdk_version")
    if not isinstance(stated, str) or stated != pins.get("gradio"):
        yield f"README.md's sdk_version ({stated}) and requirements.txt's gradio must be the same version."
    for name, wanted in pins.items():
        found = _installed(name)
        if found.partition("+")[0] != wanted:  # +cpu is another build of the same version
            shown = f"{found} is installed" if found else "it is not installed"
            yield f"requirements.txt has {name} {wanted}, but {shown} here; send what was tried here."


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def file_problems(root: Path, names: list[str]) -> Iterator[str]:
    """Yield a sentence for each limit of the hub that these files would exceed."""
    size = sum((root / name).stat().st_size for name in names)
    if size > MOST_BYTES:
        largest = max(names, key=lambda name: (root / name).stat().st_size)
        yield f"The files have {size / 1e6:,.0f} MB, {largest} the most; a Space takes {MOST_BYTES / 1e6:,.0f} MB."
    if len(names) > MOST_FILES:
        yield f"There are {len(names):,} files; the hub takes {MOST_FILES:,}."
    folders = Counter(PurePosixPath(name).parent for name in names)
    for folder, count in folders.items():
        if count > MOST_IN_FOLDER:
            yield f"{folder} has {count:,} files; the hub takes {MOST_IN_FOLDER:,} in a folder."
    for name in names:
        if any(len(part.encode()) > LONGEST_NAME for part in PurePosixPath(name).parts):
            yield f"The name {name[:60]} ... is too long."
