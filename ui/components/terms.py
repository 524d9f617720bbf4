"""Words of the server's HTML that are explained by ``ui/assets/learn/terms.json``."""

from __future__ import annotations

from html import escape


def term(key: str, words: str) -> str:
    """The words as an element whose definition opens in the page (``assets/shared/term.js``)."""
    return f'<span class="term" data-term="{escape(key)}" role="button" tabindex="0">{escape(words)}</span>'


def term_line(**terms: str) -> str:
    """A quiet line of the terms that a view uses: key -> words; ``_`` in a key stands for ``-``."""
    words = ", ".join(term(key.replace("_", "-"), said) for key, said in terms.items())
    return f'<p class="hint term-line">Explained: {words}</p>'
