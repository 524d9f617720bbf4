"""Reads pictures from a folder or a zip, without unpacking the zip to disk, within bounds."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from core.data.member_names import member_names
from core.images import MAX_BYTES, PictureError
from core.images.formats import HEAD, SUFFIXES, is_picture, not_a_picture

MOST_LIST = 4 * 2**20  # bytes of the list of members of an uploaded zip, some 40,000 members
SYSTEM_FILES = {"thumbs.db", "desktop.ini", "ehthumbs.db"}  # and all names that begin with a dot
DAMAGED = "This zip is damaged or cut short."
LOCKED = "This zip is locked with a password; unpack it and choose the pictures."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)
_ARCHIVES = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".xz", ".bz2"}
_END, _ZIP64 = b"PK\5\6", b"PK\6\7"
_ENCRYPTED = 1  # flag of a member


class ArchiveError(PictureError):
    """A folder or zip that cannot be used as a whole; the message is one sentence that names the cause."""


class Archive:
    """Members of a folder or zip by their relative POSIX names; a context manager.

    Files that systems add (``__MACOSX``, ``._x.jpg``, ``.DS_Store``, ``Thumbs.db``) and hidden files are ignored.
    ``most_list`` bounds the list of a zip in bytes, before it is read. Raises :class:`ArchiveError`, and
    ``FileNotFoundError`` if there is no such file.
    """

    def __init__(self, path: str | Path, most_list: int | None = None) -> None:
        self.path = Path(path)
        self._zip: zipfile.ZipFile | None = None
        if self.path.is_dir():
            found = (p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file())
            self._members: dict[str, zipfile.ZipInfo | None] = dict.fromkeys(found)
        elif self.path.is_file():
            self._zip = _opened(self.path, most_list)
            members = [member for member in self._zip.infolist() if not member.is_dir()]
            self._members = dict(zip(member_names(members), members, strict=True))
        else:
            raise FileNotFoundError(f"{path} is neither a folder nor a zip file.")
        self._names = sorted(name for name in self._members if not is_system_file(name))

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip is not None:
            self._zip.close()

    def names(self) -> list[str]:
        """List all members by name, without those of systems."""
        return list(self._names)

    def pictures(self) -> list[str]:
        """List the pictures by name: files with the suffix or the first bytes of a picture.

        Raises :class:`ArchiveError` if a zip is encrypted, or contains only other archives.
        """
        found = self.claimed()
        if found and all(self._locked(name) for name in found):
            raise ArchiveError(LOCKED)
        nested = [name for name in self._names if PurePosixPath(name).suffix.lower() in _ARCHIVES]
        if nested and not found:
            raise ArchiveError(f"Inside there are other archives ({Path(nested[0]).name[:60]}); unpack it and use those.")
        return found

    def claimed(self) -> list[str]:
        """List what claims to be a picture, whether or not it can be read."""
        return [name for name in self._names if self._claims(name) or is_picture(self._head(name))]

    def others(self, pictures: list[str]) -> int:
        """Count the members besides these pictures."""
        return len(self._names) - len(pictures)

    def has(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Read one member. Raises ``PictureError`` if it cannot be read or is larger than the limit when unpacked."""
        if self._zip is None:
            return (self.path / name).read_bytes()
        member = self._members[name]
        if member.file_size > MAX_BYTES:
            raise PictureError(f"It unpacks to more than {MAX_BYTES // 2**20} MB.")
        if self._locked(name):
            raise PictureError(LOCKED)
        try:
            return self._zip.read(member)
        except _BROKEN as error:
            raise PictureError("It cannot be read from the zip, which is damaged or packed in a rare way.") from error

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.read(name))

    def digest(self, names: list[str]) -> str:
        """Hash the names and contents of these members (by the CRCs of a zip)."""
        digest = hashlib.sha256()
        for name in names:
            crc = self._members[name].CRC if self._zip is not None else zlib.crc32(self.read(name))
            digest.update(f"{name}\0{crc:08x}\n".encode())
        return digest.hexdigest()[:20]

    def _claims(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() in SUFFIXES

    def _locked(self, name: str) -> bool:
        member = self._members[name]
        return member is not None and bool(member.flag_bits & _ENCRYPTED)

    def _head(self, name: str) -> bytes:
        """Read the first bytes of a member; empty if it cannot be read."""
        try:
            with open(self.path / name, "rb") if self._zip is None else self._zip.open(self._members[name]) as file:
                return file.read(64)
        except _BROKEN:
            return b""


def is_system_file(name: str) -> bool:
    """Return whether a member is a file that a system or an editor adds."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("..", ".")]
    return any(part.startswith(".") or part == "__MACOSX" or part.lower() in SYSTEM_FILES for part in parts)


def _opened(path: Path, most_list: int | None) -> zipfile.ZipFile:
    """Open a zip and read its list of members. Raises :class:`ArchiveError`."""
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
        claims = not head or head.startswith((b"PK\3\4", _END))
        if not zipfile.is_zipfile(path):
            other = None if head.startswith(b"PK") else not_a_picture(head)
            raise ArchiveError(other or (DAMAGED if claims else f"{path.name[:80]} is neither a folder nor a zip file."))
        if most_list is not None:
            _check_list(path, most_list)
        return zipfile.ZipFile(path)
    except ArchiveError:
        raise
    except _BROKEN as error:
        raise ArchiveError(DAMAGED) from error


def _check_list(path: Path, most: int) -> None:
    """Raise for a zip whose list of members is too large, before that list is read."""
    with open(path, "rb") as file:
        start = max(0, file.seek(0, 2) - 65_557)  # the end record and the longest comment
        file.seek(start)
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise ArchiveError(DAMAGED)
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if length > most or tail[max(0, at - 20) : at].startswith(_ZIP64):
        raise ArchiveError(f"This zip lists too many files, over {most / 2**20:g} MB of names; pack fewer into one.")
