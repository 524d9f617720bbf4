"""The look: a Gradio theme without outside fonts, and the local styles and scripts that the page carries itself."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
STYLES = (
    "shared/tokens.css",
    "shared/gradio.css",
    "shared/shell.css",
    "faces/controls.css",
    "faces/canvas.css",
    "faces/history.css",
    "reconstruction/reconstruction.css",
    "reconstruction/detail.css",
    "reconstruction/benchmark.css",
    "prompts/prompts.css",
    "prompts/detail.css",
    "styles/styles.css",
    "styles/teach.css",
    "latent_map/latent_map.css",
    "latent_map/panel.css",
)
SCRIPTS = (
    "shared/core.js",
    "shared/theme.js",
    "shared/enlarge.js",
    "shared/pictures.js",
    "faces/session.js",
    "faces/ask.js",
    "shared/wire.js",
    "shared/filmstrip.js",
    "faces/controls.js",
    "faces/photo.js",
    "faces/meters.js",
    "faces/canvas.js",
    "faces/sweep.js",
    "faces/history.js",
    "faces/keyboard.js",
    "reconstruction/wire.js",
    "reconstruction/heat.js",
    "reconstruction/latent.js",
    "reconstruction/detail.js",
    "reconstruction/intake.js",
    "reconstruction/grid.js",
    "reconstruction/fetch.js",
    "prompts/wire.js",
    "prompts/words.js",
    "prompts/builder.js",
    "prompts/controls.js",
    "prompts/actions.js",
    "prompts/canvas.js",
    "prompts/detail.js",
    "prompts/film.js",
    "prompts/history.js",
    "shared/send.js",
    "styles/wire.js",
    "styles/jobs.js",
    "styles/wall.js",
    "styles/actions.js",
    "styles/worn.js",
    "styles/teach.js",
    "styles/canvas.js",
    "styles/controls.js",
    "styles/history.js",
    "reconstruction/benchmark.js",
    "latent_map/wire.js",
    "latent_map/gl.js",
    "latent_map/colours.js",
    "latent_map/view.js",
    "latent_map/contours.js",
    "latent_map/marks.js",
    "latent_map/plane.js",
    "latent_map/acts.js",
    "latent_map/film.js",
    "latent_map/strip.js",
    "latent_map/panel.js",
    "latent_map/near.js",
    "latent_map/stage.js",
    "latent_map/photos.js",
    "latent_map/controls.js",
)
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


def page_styles() -> str:
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)


def page_head() -> str:
    """Every script, inline: the page loads nothing from elsewhere and works behind any path prefix."""
    scripts = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f'<meta name="color-scheme" content="light dark">\n<script>\n{scripts}\n</script>'
