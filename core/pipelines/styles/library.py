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
from functools import lru_cache
from pathlib import Path

from core.checkpoints import CheckpointError
from core.data.style_photos import StyleError
from core.pipelines.styles.types import StyleInfo
from core.safetensors_header import read_header

FILE = "pytorch_lora_weights.safetensors"
FILES = (FILE, "adapter_model.safetensors")  # of diffusers and ours, of peft
THUMBNAIL = "thumbnail.webp"
VARIABLE = "LATENTSCAPE_LORAS"
MOST_OF_A_SESSION = 24
MOST_BYTES_OF_A_SESSION = 2**30
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,62}[A-Za-z0-9_-])?")


class StyleLibrary:
    """The styles of a checkpoint root. Safe to call from several threads."""

    def __init__(self, root: Path) -> None:
        self.shipped = root / "styles"
        self._home: Path | None = None
        self._lock = threading.Lock()

    @property
    def home(self) -> Path:
        """The folder for styles of sessions; it is removed when the process ends."""
        with self._lock:
            if self._home is None:
                self._home = Path(tempfile.mkdtemp(prefix="latentscape-styles-"))
                atexit.register(shutil.rmtree, self._home, ignore_errors=True)
            return self._home

    def styles(self, session: str = "") -> tuple[StyleInfo, ...]:
        """Everything this session may apply, shipped ones first, looks before domains; what holds no whole style is
        left out.
        """
        found = [info for folder in _folders(self.shipped) if (info := _described(folder, "built-in"))]
        found.sort(key=lambda info: bool(info.domain))
        own = os.environ.get(VARIABLE, "")
        if own and Path(own).is_dir():
            found += [_of_owner(path) for path in _adapters(Path(own))[:256]]
        if session:
            found += [i for f in _folders(self._of(session)) if (i := _described(f, "session"))]
        return tuple({info.name: info for info in reversed(found)}.values())[::-1]

    def find(self, name: str) -> Path:
        """Return a style's folder or file. Raises ``StyleError``."""
        if not _NAME.fullmatch(name):
            raise StyleError(f"{name[:40]!r} cannot name a style.")
        candidates = [self.shipped / name]
        if own := os.environ.get(VARIABLE, ""):
            candidates += [Path(own) / f"{name}.safetensors", Path(own) / name]
        if self._home is not None:
            candidates += [folder / name for folder in _folders(self._home)]
        for candidate in candidates:
            if candidate.is_file() or any((candidate / file).is_file() for file in FILES):
                return candidate
        raise StyleError(f"There is no style {name[:64]!r} here; choose one of the wall, or load its file again.")

    def base_of(self, name: str) -> str:
        """Return a style's model: faces, text, sd, or "" if its file does not say. Raises ``StyleError``."""
        path = self.find(name)
        described = _described(path, "") if path.is_dir() else None
        return described.base if described else _of_owner(path).base

    def add(self, session: str, path: Path, title: str, base: str = "") -> StyleInfo:
        """A finished folder or an uploaded file -> a style of this session, for ``base`` where the file does not say.
        Raises ``CheckpointError``.
        """
        from core.models.adapter_files import read_adapter

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
            else:  # as it is, so that what is downloaded is what was brought
                if _bytes_of(place) + path.stat().st_size > MOST_BYTES_OF_A_SESSION:
                    raise StyleError(f"A session holds at most {MOST_BYTES_OF_A_SESSION >> 20} MB of styles.")
                part.mkdir()
                shutil.copyfile(path, part / FILE)
                described = {"base": base or _base_of(path), "rank": adapter.rank, **adapter.metadata}
                described["title"] = str(described.get("title") or title or path.stem)[:64]
                described["file"] = path.name[:200]
                (part / "config.json").write_text(json.dumps(described), encoding="utf-8")
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
        """Remove the styles of an ended session."""
        shutil.rmtree(self._of(session), ignore_errors=True)

    def _of(self, session: str) -> Path:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", session):
            raise StyleError("This page has no session; load it again.")
        folder = self.home / session
        folder.mkdir(exist_ok=True)
        return folder


def _adapters(own: Path) -> list[Path]:
    """List the files of the owner's folder, and folders in it that peft or diffusers saved."""
    files = [path for path in own.glob("*.safetensors") if _NAME.fullmatch(path.stem)]
    folders = [path for path in _folders(own) if any((path / file).is_file() for file in FILES)]
    return sorted([*files, *(path for path in folders if _NAME.fullmatch(path.name))])


def _of_owner(path: Path) -> StyleInfo:
    name = path.name if path.is_dir() else path.stem
    file = next(path / each for each in FILES if (path / each).is_file()) if path.is_dir() else path
    stat = file.stat()
    return StyleInfo(name, name, _known_base(file, stat.st_mtime_ns, stat.st_size), "folder", file=file)


@lru_cache(maxsize=1024)
def _known_base(file: Path, changed: int, size: int) -> str:
    return _base_of(file)


def _base_of(file: Path) -> str:
    """Return a file's model by its header; "" if it is unknown or the file cannot be used."""
    try:
        header = read_header(file)
        said = json.loads(header.metadata.get("latentscape", "{}")).get("base", "")
    except (CheckpointError, OSError, ValueError, TypeError, AttributeError):
        return ""
    if said in ("faces", "text", "sd"):
        return said
    return "sd" if any("_blocks" in key or key.startswith("lora_te") for key in header.shapes) else ""


def _bytes_of(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*.safetensors"))


def _folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return sorted(p for p in place.iterdir() if p.is_dir() and not p.name.startswith("."))


def _described(folder: Path, origin: str) -> StyleInfo | None:
    """Read ``config.json``; None if the folder does not contain a complete style."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        texts = {key: str(config.get(key) or "")[:200] for key in ("title", "base", "trigger", "renderer", "domain")}
        rank = int(config.get("rank", 0))
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
