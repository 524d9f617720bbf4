"""The Gradio theme without remote fonts, and what stands in the head of the page."""

from __future__ import annotations

import gradio as gr

from ui.page_files import ASSETS, base, modules_of

LATER = (
    "prompts",
    "styles",
    "reconstruction",
    "classify",
    "latent_map",
    "compare",
    "models",
    "learn",
    "small_world",
    "inside",
)  # folders that are not seen first
SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace"]


def quiet_theme() -> gr.themes.Base:
    """Neutral, square-ish, system fonts. Its colours are the tokens of ``tokens.css``, light and dark alike."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="zinc",
        spacing_size="md",
        radius_size="sm",
        text_size="sm",
        font=SANS,
        font_mono=MONO,
    )


def page_head() -> str:
    """Links to the stylesheet and to the modules of the first view, and where those of the other tabs are.

    Modules are named one by one because a browser learns of a module's imports only when it has read it: so all of
    a tab are fetched at once. Those of the first view are fetched at the start. The links with ``data-tab`` fetch
    nothing until the tab is opened (assets/shared/later.js).
    """
    first = modules_of("main.js")
    boot = (ASSETS / "boot.js").read_text(encoding="utf-8")
    lines = ['<meta name="color-scheme" content="light dark">', f"<script>{boot}</script>"]
    lines += [f'<link rel="stylesheet" href="{base()}/main.css">']
    lines += [f'<link rel="modulepreload" href="{base()}/{name}">' for name in sorted(first)]
    for folder in LATER:
        later = sorted(modules_of(f"{folder}/main.js") - first)
        lines += [f'<link data-tab="{folder}" href="{base()}/{name}">' for name in later]
    return "\n".join([*lines, f'<script type="module" src="{base()}/main.js"></script>'])
