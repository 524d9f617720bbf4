"""One way to read pictures out of a folder or a zip, without unpacking the zip."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from core.images import MAX_BYTES, PictureError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
UNUSUAL = {".heic", ".heif", ".avif"}  # pictures, too; opened or refused with a reason where a person brings them


class Archive:
    """Members of a folder or zip by their relative POSIX names; a context manager."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._zip: zipfile.ZipFile | None = None
        if self.path.is_dir():
            self._names = sorted(p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file())
        elif zipfile.is_zipfile(self.path):
            self._zip = zipfile.ZipFile(self.path)
            self._names = sorted(info.filename for info in self._zip.infolist() if not info.is_dir())
        else:
            raise FileNotFoundError(f"{self.path} is neither a folder nor a zip file.")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip is not None:
            self._zip.close()

    def pictures(self, suffixes: set[str] = SUFFIXES) -> list[str]:
        """Names of the members that look like pictures, sorted; macOS resource forks are left out."""
        return [n for n in self._names if Path(n).suffix.lower() in suffixes and "__MACOSX" not in n]

    def has(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        """One member. Raises ``PictureError`` where it would unpack to more than any picture may have."""
        if self._zip is not None:
            if self._zip.getinfo(name).file_size > MAX_BYTES:
                raise PictureError(f"{name} unpacks to more than {MAX_BYTES // 2**20} MB.")
            return self._zip.read(name)
        return (self.path / name).read_bytes()

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.read(name))

    def digest(self, names: list[str]) -> str:
        """Changes when the name or the bytes of any of these members change (a zip's own CRCs are trusted)."""
        digest = hashlib.sha256()
        for name in names:
            crc = self._zip.getinfo(name).CRC if self._zip is not None else zlib.crc32(self.read(name))
            digest.update(f"{name}\0{crc:08x}\n".encode())
        return digest.hexdigest()[:20]
