"""Cleans untrusted prompts, and says what was cut."""

from __future__ import annotations

import unicodedata

from core.captions.parsing import ParsedPrompt, parse_prompt
from core.captions.weights import plain_words
from core.recipe import MAX_PROMPT

_SHOWN = 6  # unknown words that a note names


def cleaned(text: object) -> tuple[str, tuple[str, ...]]:
    """Clean a text: one line without control characters, at most :data:`MAX_PROMPT` characters, and what was cut."""
    if not isinstance(text, str):
        return "", ()
    line = " ".join(flat(text[: 2 * MAX_PROMPT]).split())  # enough to read: a book should cost no time
    if len(line) <= MAX_PROMPT and len(text) <= 2 * MAX_PROMPT:
        return line, ()
    cut = line[:MAX_PROMPT].rsplit(" ", 1)[0]
    return cut, (f"The prompt was cut after {len(cut.split())} words: it was longer than {MAX_PROMPT} characters.",)


def flat(text: str) -> str:
    """Replace control characters and all white space by spaces; every character keeps its place."""
    return "".join(" " if c.isspace() or unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


def whole_words(line: str, kept: int | None) -> str:
    """The whole words of a line's first ``kept`` characters; all of them for None."""
    if kept is None or kept >= len(line):
        return line
    inside = kept > 0 and not line[kept].isspace() and not line[kept - 1].isspace()
    return line[:kept].rpartition(" ")[0].rstrip() if inside else line[:kept].rstrip()


def vocabulary_note(parsed: ParsedPrompt) -> tuple[str, ...]:
    """List the words that the built-in model does not know."""
    words = list(dict.fromkeys(span.text for span in parsed.unknown))
    if not words:
        return ()
    named = ", ".join(word[:30] for word in words[:_SHOWN]) + (" ..." if len(words) > _SHOWN else "")
    return (f"The built-in model knows faces and twenty foods; these words mean nothing to it: {named}.",)


def read_prompt(text: str) -> ParsedPrompt:
    """Parse a prompt with the captions' vocabulary, without weights and tags; spans are those of the cleaned text."""
    return parse_prompt(plain_words(cleaned(text)[0]))
