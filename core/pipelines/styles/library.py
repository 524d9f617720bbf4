"""Where styles lie: shipped ones, a folder of the owner's LoRAs, and those of a session, gone when it ends.

A style of a session has a name that nobody can guess, so a recipe that names it draws it, and no list shows it to
anybody else. Nothing here imports torch until a file is opened.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
from pathlib import Path

from core.data.style_photos import StyleError
from core.pipelines.styles.types import StyleInfo

FILE = "pytorch_lora_weights.safetensors"
THUMBNAIL = "thumbnail.webp"
VARIABLE = "LATENTSCAPE_LORAS"
MOST_OF_A_SESSION = 24
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,62}[A-Za-z0-9_-])?")


class StyleShelf:
    """The styles of a checkpoint root. Safe to call from several threads."""

    def __init__(self, root: Path) -> None:
        self.shipped = root / "styles"
        self._home: Path | None = None
        self._lock = threading.Lock()

    @property
    def home(self) -> Path:
        """Where sessions keep theirs: a folder of this process, removed when it ends."""
        with self._lock:
            if self._home is None:
                self._home = Path(tempfile.mkdtemp(prefix="latentscape-styles-"))
                atexit.register(shutil.rmtree, self._home, ignore_errors=True)
            return self._home

    def styles(self, session: str = "") -> tuple[StyleInfo, ...]:
        """Everything this session may wear, shipped ones first, looks before domains; what holds no whole style is
        left out.
        """
        found = [info for folder in _folders(self.shipped) if (info := _described(folder, "built-in"))]
        found.sort(key=lambda info: bool(info.domain))
        own = os.environ.get(VARIABLE, "")
        if own and Path(own).is_dir():
            files = sorted(Path(own).glob("*.safetensors"))[:256]
            found += [StyleInfo(f.stem, f.stem, "", "folder", file=f) for f in files if _NAME.fullmatch(f.stem)]
        if session:
            found += [i for f in _folders(self._of(session)) if (i := _described(f, "session"))]
        return tuple({info.name: info for info in reversed(found)}.values())[::-1]

    def find(self, name: str) -> Path:
        """A style's name -> its folder or file. Raises ``StyleError``."""
        if not _NAME.fullmatch(name):
            raise StyleError(f"{name[:40]!r} cannot name a style.")
        candidates = [self.shipped / name]
        if own := os.environ.get(VARIABLE, ""):
            candidates.append(Path(own) / f"{name}.safetensors")
        if self._home is not None:
            candidates += [folder / name for folder in _folders(self._home)]
        for candidate in candidates:
            if candidate.is_file() or (candidate / FILE).is_file():
                return candidate
        raise StyleError(f"There is no style {name[:64]!r} here; choose one of the wall, or load its file again.")

    def adopt(self, session: str, path: Path, title: str) -> StyleInfo:
        """A finished folder or an uploaded file -> a style of this session. Raises ``CheckpointError``."""
        from core.models.adapter_files import read_adapter, write_adapter

        place = self._of(session)
        if len(_folders(place)) >= MOST_OF_A_SESSION:
            raise StyleError(f"A session holds at most {MOST_OF_A_SESSION} styles of its own; remove one first.")
        adapter = read_adapter(path)
        name = _free_name(title or path.stem)
        folder = place / name
        part = place / f".{name}"
        try:
            if path.is_dir():
                shutil.copytree(path, part)
            else:  # written anew in one format, so that what is downloaded can be loaded anywhere
                facts = {"base": "", "fingerprint": "", "rank": adapter.rank, **adapter.facts}
                facts["title"] = str(facts.get("title") or title or path.stem)[:64]
                write_adapter(type(adapter)(name, adapter.factors, facts, ""), part)
            os.replace(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        described = _described(folder, "session")
        assert described is not None
        return described

    def remove(self, session: str, name: str) -> None:
        """A style of this session, and of no other."""
        folder = self._of(session) / name
        if _NAME.fullmatch(name) and folder.is_dir():
            shutil.rmtree(folder)

    def forget(self, session: str) -> None:
        """The session has ended."""
        shutil.rmtree(self._of(session), ignore_errors=True)

    def _of(self, session: str) -> Path:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", session):
            raise StyleError("This page has no session; load it again.")
        folder = self.home / session
        folder.mkdir(exist_ok=True)
        return folder


def _folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return sorted(p for p in place.iterdir() if p.is_dir() and not p.name.startswith("."))


def _described(folder: Path, origin: str) -> StyleInfo | None:
    """What ``config.json`` says, or None where the folder holds no whole style."""
    try:
        facts = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        texts = {key: str(facts.get(key) or "")[:200] for key in ("title", "base", "trigger", "renderer", "domain")}
        rank = int(facts.get("rank", 0))
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    if not (folder / FILE).is_file() or not _NAME.fullmatch(folder.name):
        return None
    title = texts.pop("title") or folder.name
    thumbnail = folder / THUMBNAIL
    shown = thumbnail if thumbnail.is_file() else None
    return StyleInfo(folder.name, title, origin=origin, rank=rank, file=folder / FILE, thumbnail=shown, **texts)


def _free_name(title: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", title)[:40].strip("-").lower() or "style"
    return f"{plain}-{secrets.token_hex(6)}"
