"""The download button: what arrives, what a broken one leaves, and that nothing else reaches a network."""

from __future__ import annotations

import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import huggingface_hub
import pytest
import torch
from diffusers import AutoencoderTiny

from core.checkpoints import WEIGHTS
from core.latents import sources
from core.latents.codecs import open_codec
from core.pipelines.reconstruction.download import DownloadError, download, offer
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline

COMMIT = "a" * 40
PREFIX = "/madebyollin/taesd/resolve/"


class Hub(BaseHTTPRequestHandler):
    """As much of the Hugging Face Hub as one model needs. ``mode``: whole, cut (half a file, then errors) or slow."""

    files: dict[str, bytes]
    mode = "whole"
    requested: list[str]
    going_on: threading.Event

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, *, body):
        self.requested.append(self.path)
        name = self.path.removeprefix(PREFIX).partition("/")[2]
        content = self.files.get(name)
        if not self.path.startswith(PREFIX) or content is None:
            self.send_error(404)
            return
        if body and self.mode == "cut" and self.requested.count(self.path) > 2:  # a HEAD and the half came before
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not body:
            return
        if self.mode == "whole" or name == "config.json":
            self.wfile.write(content)
            return
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        if self.mode == "slow":
            self.going_on.wait(60)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub on this machine that serves a tiny random TAESD, and an empty cache; the session itself is offline."""
    with torch.random.fork_rng():
        torch.manual_seed(6)
        widths = {"encoder_block_out_channels": (16,) * 4, "decoder_block_out_channels": (16,) * 4}
        AutoencoderTiny(**widths).save_pretrained(tmp_path / "taesd")
    files = {path.name: path.read_bytes() for path in (tmp_path / "taesd").iterdir()}
    handler = type("Handler", (Hub,), {"files": files, "requested": [], "going_on": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.delenv("LATENTSCAPE_TAESD", raising=False)
    monkeypatch.delenv("LATENTSCAPE_SD", raising=False)
    yield handler
    handler.going_on.set()
    server.shutdown()
    server.server_close()


def leftovers(tmp_path):
    """Unfinished files, and weights under their own name."""
    cache = tmp_path / "cache"
    return [path for path in cache.rglob("*") if path.suffix in (".incomplete", ".safetensors")]


def test_a_download_arrives_whole_and_opens(hub, tmp_path):
    pipeline = ReconstructionPipeline(tmp_path / "none")
    absent = pipeline.model("taesd")
    assert not absent.present and absent.download == offer("taesd") == "9.8 MB from the Hugging Face Hub"
    steps = list(download("taesd"))
    assert steps[-1].done == steps[-1].total > 0
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    opened = open_codec("taesd", tmp_path)
    assert opened.latent_shape == (4, 32, 32) and pipeline.model("taesd").present
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_broken_download_leaves_nothing_and_can_be_tried_again(hub, tmp_path, monkeypatch):
    hub.mode = "cut"
    with pytest.raises(DownloadError, match="Nothing of it was kept"):
        list(download("taesd"))
    assert not leftovers(tmp_path) and sources.cached("madebyollin/taesd") is None
    hub.mode = "whole"
    assert list(download("taesd"))[-1].done and sources.cached("madebyollin/taesd")


def test_a_cancelled_download_ends_at_once_and_leaves_nothing(hub, tmp_path):
    hub.mode = "slow"
    seen = []

    def cancel():
        return any((tmp_path / "cache").rglob("*.incomplete")) and f"{PREFIX}main/{WEIGHTS}" in hub.requested

    for step in download("taesd", cancel):
        seen.append(step)
        assert len(seen) < 200
    assert seen and seen[-1].done < seen[-1].total
    assert not leftovers(tmp_path)
    hub.mode = "whole"
    assert list(download("taesd"))[-1].done


def test_closing_the_iterator_cancels_too(hub, tmp_path):
    hub.mode = "slow"
    steps = download("taesd")
    next(steps)
    with pytest.raises(DownloadError, match="already under way"):
        next(download("taesd"))
    steps.close()
    assert not leftovers(tmp_path)


def test_without_a_network_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DownloadError, match=r"did not answer.*try again"):
        list(download("taesd"))


def test_only_what_is_offered_is_fetched(hub):
    with pytest.raises(DownloadError, match="no download for 'kl'"):
        list(download("kl"))
    assert not hub.requested


def test_opening_models_needs_no_network(hub, tiny_checkpoints):
    pipeline = ReconstructionPipeline(tiny_checkpoints)
    assert [model.present for model in pipeline.models()] == [True, True, True, False, False]
    assert not hub.requested
