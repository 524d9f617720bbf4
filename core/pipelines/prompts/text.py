"""Prompts of strangers made harmless: what is cut is said, what is left is drawn."""

from __future__ import annotations

import unicodedata

from core.captions.parsing import ParsedPrompt, parse_prompt
from core.recipe import MAX_PROMPT

_SHOWN = 6  # unknown words that a note names


def cleaned(text: object) -> tuple[str, tuple[str, ...]]:
    """Any text -> one line without control characters, :data:`MAX_PROMPT` characters at most, and what was left out."""
    if not isinstance(text, str):
        return "", ()
    # A glance at twice the length is enough: nobody's machine should work on a book.
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text[: 2 * MAX_PROMPT])
    line = " ".join(kept.split())
    if len(line) <= MAX_PROMPT and len(text) <= 2 * MAX_PROMPT:
        return line, ()
    cut = line[:MAX_PROMPT].rsplit(" ", 1)[0]
    return cut, (f"The prompt was cut after {len(cut.split())} words: it was longer than {MAX_PROMPT} characters.",)


def vocabulary_note(parsed: ParsedPrompt) -> tuple[str, ...]:
    """For the built-in model, which knows little: the words that it passed over."""
    words = list(dict.fromkeys(span.text for span in parsed.unknown))
    if not words:
        return ()
    named = ", ".join(word[:30] for word in words[:_SHOWN]) + (" ..." if len(words) > _SHOWN else "")
    return (f"The built-in model knows faces and twenty foods; these words mean nothing to it: {named}.",)


def read_prompt(text: str) -> ParsedPrompt:
    return parse_prompt(cleaned(text)[0])
