"""The frame around the tabs: name, tab bar, theme, and the settings that every page of the app shares."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.compare.comparison import ComparePipeline
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.reconstruction.benchmark import read_benchmarks
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from core.stable_diffusion.locate import found
from ui.body_limits import BodyLimits
from ui.classify.tab import classify_tab
from ui.compare.tab import compare_tab
from ui.components.component import component, on_light
from ui.components.pictures import MAX_FILE
from ui.downloads import DOWNLOADS
from ui.faces.tab import faces_tab
from ui.latent_map.drawings import Drawings
from ui.latent_map.tab import latent_map_tab
from ui.models.tab import models_tab
from ui.page_files import ASSETS, CompressedPage, page_routes
from ui.prompts.tab import prompts_tab
from ui.python_code import python_code
from ui.reconstruction.benchmark_view import benchmark_view
from ui.reconstruction.tab import reconstruction_tab
from ui.styles.tab import styles_tab
from ui.theme import page_head, quiet_theme

TITLE = "Latentscape"
LISTENING = 20.0  # seconds that a page at work listens for answers; it renews them after half
MOST_AT_WORK = 400  # requests under way, listening included; what computes has narrower limits of its own


def build_shell(
    faces: FacesPipeline,
    prompts: PromptsPipeline,
    stable_diffusion: PromptsPipeline,
    styles: StylesPipeline,
    reconstruction: ReconstructionPipeline,
    classify: ClassifyPipeline,
    latent_map: LatentMapPipeline,
    compare: ComparePipeline,
    checkpoints: CheckpointIndex,
) -> gr.Blocks:
    """All tabs of the app around their pipelines."""
    frame = gr.Blocks(title=TITLE, fill_width=True, fill_height=True, analytics_enabled=False, delete_cache=(600, 3600))
    with frame as page:
        _header(page)
        python_code()
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Faces", id="faces", elem_id="faces-tab"):
                faces_tab(faces)
            # Hidden while neither our own weights nor Stable Diffusion's are here, or no style: nothing could be drawn.
            with gr.Tab("Text prompts", id="prompts", elem_id="prompts-tab", visible=_any(prompts, stable_diffusion)):
                prompts_tab(prompts, stable_diffusion)
            with gr.Tab("Styles", id="styles", elem_id="styles-tab", visible=_any_style(styles)):
                styles_closed = styles_tab(styles)
            with gr.Tab("Reconstruction", id="reconstruction", elem_id="reconstruction-tab"):
                benchmark = partial(benchmark_view, partial(read_benchmarks, reconstruction.root))
                reconstruction_tab(reconstruction, faces, benchmark=benchmark)
            with gr.Tab("Classify", id="classify", elem_id="classify-tab"):
                classify_tab(classify, checkpoints)
            with gr.Tab("Latent map", id="latent-map", elem_id="latent-map-tab"):
                latent_map_tab(latent_map, Drawings(faces, prompts))
            with gr.Tab("Compare", id="compare", elem_id="compare-tab"):
                compare_tab(compare)
            with gr.Tab("Models", id="models", elem_id="models-tab"):
                models_tab(checkpoints, stable_diffusion)
        page.unload(styles_closed)
    return page


def _header(page: gr.Blocks) -> None:
    """The name of the app; its events keep a page's stream of answers open and tell its place in the queue."""

    def place(request: gr.Request) -> dict[str, int | None]:
        turns = getattr(page, "turns", None)  # Turns, once the app has started
        return {"ahead": turns.ahead(request.session_hash or "") if turns else None}

    header = component("header", config={"title": TITLE}, events=("listen", "place"))
    header.listen(
        _listen,
        None,
        None,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=None,
    )
    on_light(header.place, place, [], [header])


async def _listen() -> None:
    """Keeps a page's stream of answers open for a while (assets/shared/stream.js)."""
    await asyncio.sleep(LISTENING)


def _any(*pipelines: PromptsPipeline) -> bool:
    """Return whether a model is there, or lies where the Models tab loads it."""
    return any(not pipeline.missing() for pipeline in pipelines) or bool(found())


def _any_style(styles: StylesPipeline) -> bool:
    return bool(styles.styles()) or not styles.missing("sd")


def launch_settings() -> dict[str, Any]:
    """The look and the limits, as arguments of ``launch``."""
    return {
        "theme": quiet_theme(),
        "head": page_head(),
        "app_kwargs": {
            "routes": [*page_routes(), DOWNLOADS.route()],
            "middleware": [Middleware(CompressedPage), Middleware(BodyLimits)],
        },
        "favicon_path": ASSETS / "shared" / "favicon.png",
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "pwa": False,
        "share": False,
        "max_threads": MOST_AT_WORK,
        "max_file_size": MAX_FILE,
        "show_error": False,
    }
