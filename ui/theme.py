"""The look: a Gradio theme without outside fonts, and the local styles and scripts that the page carries itself."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
STYLES = (
    "tokens.css",
    "gradio.css",
    "shell.css",
    "controls.css",
    "canvas.css",
    "history.css",
    "lab.css",
    "lab_detail.css",
    "bench.css",
    "prompts.css",
    "prompts_detail.css",
    "styles.css",
    "styles_teach.css",
    "map.css",
    "map_panel.css",
)
SCRIPTS = (
    "core.js",
    "theme.js",
    "enlarge.js",
    "pictures.js",
    "session.js",
    "ask.js",
    "wire.js",
    "filmstrip.js",
    "controls.js",
    "photo.js",
    "meters.js",
    "canvas.js",
    "sweep.js",
    "history.js",
    "keyboard.js",
    "lab_wire.js",
    "lab_heat.js",
    "lab_latent.js",
    "lab_detail.js",
    "lab_intake.js",
    "lab_grid.js",
    "lab_fetch.js",
    "prompts_wire.js",
    "prompts_words.js",
    "prompts_builder.js",
    "prompts_controls.js",
    "prompts_actions.js",
    "prompts_canvas.js",
    "prompts_detail.js",
    "prompts_film.js",
    "prompts_history.js",
    "send.js",
    "styles_wire.js",
    "styles_jobs.js",
    "styles_wall.js",
    "styles_actions.js",
    "styles_worn.js",
    "styles_teach.js",
    "styles_canvas.js",
    "styles_controls.js",
    "styles_history.js",
    "bench.js",
    "map_wire.js",
    "map_gl.js",
    "map_colours.js",
    "map_view.js",
    "map_contours.js",
    "map_marks.js",
    "map_plane.js",
    "map_acts.js",
    "map_film.js",
    "map_strip.js",
    "map_panel.js",
    "map_near.js",
    "map_stage.js",
    "map_photos.js",
    "map_controls.js",
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
