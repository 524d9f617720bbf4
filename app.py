"""Latentscape in the browser: ``python app.py``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import threading
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: nothing uses the network
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # it warns that torchvision is missing, which is not needed

import gradio as gr

from core.networks.pool import pool_of
from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.compare.comparison import ComparePipeline
from core.pipelines.compare.references import data_folder
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from ui.no_fetching import refuse_addresses
from ui.own_machine import on_space, trust_proxy_of_space
from ui.shell import build_shell, launch_settings
from ui.turns import Limits, Turns

log = logging.getLogger("latentscape")


def build(root: str | None = None) -> gr.Blocks:
    """Build the whole app around the checkpoints in ``root`` (or ``LATENTSCAPE_CHECKPOINTS``, or ``checkpoints``)."""
    root = root or os.environ.get("LATENTSCAPE_CHECKPOINTS") or str(Path(__file__).parent / "checkpoints")
    pool = pool_of(root)  # loads every network once for all tabs
    faces, latent_map = FacesPipeline(pool=pool), LatentMapPipeline(pool=pool)
    reconstruction = ReconstructionPipeline(pool=pool)
    # All models share the styles of a session.
    prompts, stable_diffusion = (PromptsPipeline(None, model, pool, faces.library) for model in ("text", "sd"))
    styles = StylesPipeline(faces, prompts, stable_diffusion)
    tabs = (faces, prompts, stable_diffusion, styles, reconstruction, ClassifyPipeline(root), latent_map)
    compare = ComparePipeline(faces, prompts, latent_map, data_folder())
    page = build_shell(*tabs, compare, CheckpointIndex(root))
    page.warm_up = lambda: _warm(faces, latent_map, prompts)
    return page


def start(page: gr.Blocks, **settings: object) -> tuple[object, str, str]:
    """Launch with the app's theme and limits, then load the weights while the first page is loading."""
    refuse_addresses()
    trust_proxy_of_space()
    page.queue(api_open=False)
    page.turns = Turns(page, Limits.from_environment())
    served = page.launch(**{**launch_settings(), "prevent_thread_lock": True, **settings})
    threading.Thread(target=page.warm_up, name="warm-up", daemon=True).start()
    return served


def _warm(faces: FacesPipeline, latent_map: LatentMapPipeline, prompts: PromptsPipeline) -> None:
    """Load in the order in which a new visitor needs them."""
    for pipeline in (faces, prompts):
        if pipeline.missing():
            log.warning("%s", pipeline.missing())
    try:
        if not faces.missing():
            faces.warm()
            latent_map.warm()
        if not prompts.missing():
            prompts.warm()
    except Exception:
        log.exception("the weights could not be loaded; the page says so when they are needed")


def no_room() -> str | None:
    """A sentence naming the folder for uploaded files if nothing can be written there, else None."""
    place = os.environ.get("GRADIO_TEMP_DIR", "")
    try:
        place = place or os.path.join(tempfile.gettempdir(), "gradio")  # where Gradio puts them
        os.makedirs(place, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return None
    except OSError as error:
        where = f"{place} cannot be written" if place else "There is no temporary folder that can be written"
        return f"{where} ({error.strerror}). Set GRADIO_TEMP_DIR to a folder for uploaded files."


def main() -> None:
    parser = argparse.ArgumentParser(description="Latentscape: touch a latent space in the browser.")
    everywhere = "0.0.0.0" if on_space() else "127.0.0.1"
    host = os.environ.get("GRADIO_SERVER_NAME") or everywhere
    port = int(os.environ.get("GRADIO_SERVER_PORT", "7860"))
    parser.add_argument("--host", default=host, help="address to listen on (default 127.0.0.1; 0.0.0.0 for all)")
    parser.add_argument("--port", type=int, default=port, help="port to listen on (default 7860)")
    parser.add_argument(
        "--root-path",
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        metavar="PATH",
        help="where a proxy puts the app, such as /people/anna/app (default: GRADIO_ROOT_PATH, or no path)",
    )
    parser.add_argument("--share", action="store_true", help="also open a public link through gradio.live")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if problem := no_room():
        sys.exit(problem)
    page = build()
    where = {"server_name": arguments.host, "server_port": arguments.port, "root_path": arguments.root_path}
    start(page, share=arguments.share, **where)
    page.block_thread()


if __name__ == "__main__":
    main()
