"""Decodes names of zip members in any alphabet.

A zip marks a name as UTF-8, or does not say its encoding. Windows and older programs then write the code page of their
country, which is not recorded. It is guessed from the bytes of all names of the archive together.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence

_UTF8 = 0x800  # flag of a member
_UNICODE_PATH = 0x7075  # extra field of Info-ZIP
_LETTERS = (("\u00c0", "\u017f"), ("\u0300", "\u036f"), ("\u0386", "\u03ce"), ("\u0400", "\u045f"), ("\u05d0", "\u064a"))
_COMMON_HANGUL = frozenset("가고구그기나는다도동라리마만부사산상서선성수스시신아안어에여오우원은을이인일자장전정제주지진한해화사진")
_COMMON_KANJI = frozenset("写真画像年月日人大小山川花東京中本新旅行家族子犬猫海空風景料理卒業式結婚運動会春夏秋冬")


def member_names(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Decode the names of a zip's members, by the archive's flags or by a guess from their bytes."""
    names: list[str | None] = [_stated(member) for member in members]
    unknown = [member.filename.encode("cp437") for member, name in zip(members, names, strict=True) if name is None]
    encoding = suggested_encoding(unknown)
    guessed = iter(raw.decode(encoding, "replace") for raw in unknown)
    return [next(guessed) if name is None else name for name in names]


def suggested_encoding(names: Sequence[bytes]) -> str:
    """Guess the encoding that gives the most likely words for names that are not known to be UTF-8."""
    foreign = [name for name in names if not name.isascii()]
    usable = [encoding for encoding in _LIKELIHOOD if all(_decodes(name, encoding) for name in foreign)]
    sample = foreign[:200]
    return max(usable, key=lambda encoding: sum(_likelihood(name, encoding) for name in sample), default="cp437")


def _stated(member: zipfile.ZipInfo) -> str | None:
    """Return the name if the archive says its encoding or if it is plain ASCII."""
    if member.flag_bits & _UTF8 or member.filename.isascii():
        return member.filename
    raw, extra = member.filename.encode("cp437"), member.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and body[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return body[5:].decode("utf-8", "replace")
    return None


def _decodes(name: bytes, encoding: str) -> bool:
    try:
        name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _likelihood(name: bytes, encoding: str) -> float:
    """Score how usual the characters beyond ASCII are in the languages of an encoding: the mean, 0 to 1."""
    text = name.decode(encoding)
    scores = []
    for at, character in enumerate(text):
        if not character.isascii():
            beside = text[max(0, at - 1) : at], text[at + 1 : at + 2]
            in_a_word = any(other.isascii() and other.isalpha() for other in beside)
            raw = character.encode(encoding)
            scores.append(_LIKELIHOOD[encoding](character, raw, in_a_word) * (0.4 if _capital(character, beside) else 1))
    return sum(scores) / max(1, len(scores))


def _capital(character: str, beside: tuple[str, str]) -> bool:
    """Return whether a capital follows a small letter, as in wrongly decoded words."""
    return character.isupper() and beside[0].islower()


def _unicode(character: str, raw: bytes, in_a_word: bool) -> float:
    """Score a multi-byte character: three bytes are rarely valid by chance; of two, letters of living languages are likely."""
    usual = any(first <= character <= last for first, last in _LETTERS)
    return 1.0 if len(raw) > 2 or usual else 0.0


def _japanese(character: str, raw: bytes, in_a_word: bool) -> float:
    if "\u3041" <= character <= "\u30fe":  # kana
        return 1.0
    if len(raw) == 1:  # narrow kana fill half of all single bytes but are rarely used
        return 0.1
    usual = 0.95 if character in _COMMON_KANJI else 0.9 if 0x88 <= raw[0] <= 0x97 else 0.3 if raw[0] >= 0x98 else 0.2
    return usual * (0.7 if in_a_word else 1)


def _simplified(character: str, raw: bytes, in_a_word: bool) -> float:
    if raw[0] >= 0xB0 and raw[1] >= 0xA1:  # the 3,755 characters in daily use come first
        return (0.88 if raw[0] <= 0xD7 else 0.4) * (0.7 if in_a_word else 1)
    return 0.3 if 0xA1 <= raw[0] <= 0xA3 and raw[1] >= 0xA1 else 0.0


def _traditional(character: str, raw: bytes, in_a_word: bool) -> float:
    return (0.87 if 0xA4 <= raw[0] <= 0xC6 else 0.35 if raw[0] >= 0xC9 else 0.2) * (0.7 if in_a_word else 1)


def _korean(character: str, raw: bytes, in_a_word: bool) -> float:
    if "\uac00" <= character <= "\ud7a3":
        return 1.0 if character in _COMMON_HANGUL else 0.87
    return 0.1


def _cyrillic(character: str, raw: bytes, in_a_word: bool) -> float:
    if in_a_word:  # alphabets are not mixed within a word
        return 0.0
    return 0.95 if "\u0410" <= character <= "\u044f" else 0.3 if character in "ёЁєЄіІїЇ" else 0.0


def _latin(character: str, raw: bytes, in_a_word: bool) -> float:
    letter = unicodedata.category(character) in ("Ll", "Lu") and "LATIN" in unicodedata.name(character, "")
    return (0.95 if in_a_word else 0.8) if letter else 0.0


_LIKELIHOOD: dict[str, Callable[[str, bytes, bool], float]] = {
    "utf-8": _unicode,
    "cp932": _japanese,
    "gbk": _simplified,
    "big5": _traditional,
    "euc_kr": _korean,
    "cp866": _cyrillic,
    "cp1251": _cyrillic,
    "cp437": _latin,
    "cp1252": _latin,
}
