"""How fast the app is on this machine, and how much of that the same weights give to a plain diffusers loop.

Only measurements, no verdicts: figures differ between machines, so nothing here is a test.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from core.attributes import vector
from core.checkpoints import load_model, read_json
from core.diffusion.sampling import noise_for
from core.images import to_images
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest
from core.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds until a start or a first drawing counts as failed
PLAIN_STEPS = 50
WANTED = {"Smiling": 1.0}

Rows = dict[str, float | str | None]


class BenchmarkError(RuntimeError):
    """The app could not be started or did not answer; the message says which."""


def median_milliseconds(act: Callable[[], object], times: int) -> float:
    """The median of so many calls, each timed alone, after one that is not counted."""
    act()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measure_pipeline(root: Path, times: int = 20) -> Rows:
    """What a person waits for: a changed attribute, a grid, a photo read and edited, in this process."""
    pipeline = FacesPipeline(root)
    pipeline.warm()
    turn = iter(range(10**9))
    base = Recipe(seed=1, attributes=WANTED)

    def changed(count: int = 1) -> None:
        strength = 1.0 - (next(turn) % 20) / 10  # a control that moves: another value each time
        recipe = replace(base, count=count, attributes={"Smiling": strength or 0.05, "Male": -1.0})
        _finish(pipeline.draw(recipe, previews=False))

    face = _finish(pipeline.draw(base, previews=False)).faces[0].image
    photo = face.resize((512, 512))
    request = EditRequest(photo, {"Smiling": 1.0}, replace(base, attributes={"Smiling": -1.0}))
    few = max(1, times // 7)
    return {
        "changed_attribute_ms": median_milliseconds(changed, times),
        "grid_of_16_ms": median_milliseconds(lambda: changed(16), few),
        "photo_read_ms": median_milliseconds(lambda: pipeline.read(photo), times),
        "photo_edit_ms": median_milliseconds(lambda: _finish(pipeline.edit(request)), few),
        "steps": base.steps,
        "solver": base.solver,
        "guidance": base.guidance,
    }


def measure_plain(root: Path, times: int = 3) -> Rows:
    """The same weights as diffusers' documentation would run them: DDIM, 50 steps, guidance on all of them."""
    draw = plain_loop(root)
    return {
        "plain_face_ms": median_milliseconds(lambda: draw(1), times),
        "plain_grid_of_16_ms": median_milliseconds(lambda: draw(16), 1),
        "plain_steps": PLAIN_STEPS,
    }


def plain_loop(root: Path) -> Callable[[int], list]:
    """A function that draws so many faces in one batch: fp32, contiguous tensors, both predictions in one call."""
    from diffusers import AutoencoderKL, DDIMScheduler, FlowMatchEulerDiscreteScheduler

    denoiser = load_model(root / "faces")
    autoencoder = AutoencoderKL.from_pretrained(root / "autoencoder-kl", local_files_only=True).float().eval()
    config = read_json(root / "faces" / "scheduler_config.json")
    flow = config["prediction_type"].startswith("flow")
    scheduler = (FlowMatchEulerDiscreteScheduler if flow else DDIMScheduler).from_config(config)
    guidance, wanted = Recipe().guidance, torch.from_numpy(vector(WANTED))[None]
    shape = (denoiser.config.latent_channels, *[denoiser.config.sample_size] * 2)

    @torch.no_grad()
    def draw(count: int) -> list:
        scheduler.set_timesteps(PLAIN_STEPS)
        x = torch.cat([noise_for(seed, shape)[0] for seed in range(count)])
        conditions = wanted.repeat(count, 1)
        conditions = torch.cat([conditions, torch.zeros_like(conditions)])
        for timestep in scheduler.timesteps:
            output = denoiser(torch.cat([x, x]), timestep.repeat(2 * count), conditions)
            conditional, unconditional = output.chunk(2)
            x = scheduler.step(unconditional + guidance * (conditional - unconditional), timestep, x).prev_sample
        return to_images(autoencoder.decode(x).sample)

    return draw


def measure_app(root: Path) -> Rows:
    """``python app.py`` in a process of its own: seconds to the first page and drawing, resident memory after it."""
    port = _free_port()
    environment = {**os.environ, "LATENTSCAPE_CHECKPOINTS": str(root)}
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        _await_page(process, address)
        page = time.perf_counter() - started
        _first_drawing(address)
        drawing = time.perf_counter() - started
        resident, peak = memory_of(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    return {
        "first_page_s": page,
        "first_drawing_s": drawing,
        "resident_memory_mb": resident,
        "peak_memory_mb": peak,
    }


def ratios(rows: Rows) -> Rows:
    """How many times as fast as the plain loop."""
    return {
        "ratio_face": rows["plain_face_ms"] / rows["changed_attribute_ms"],
        "ratio_grid_of_16": rows["plain_grid_of_16_ms"] / rows["grid_of_16_ms"],
    }


def machine() -> Rows:
    """What the figures depend on."""
    return {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "torch": torch.__version__}


def _finish(events):
    """The last of a pipeline's events: its result."""
    *_, result = events
    return result


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_page(process: subprocess.Popen, address: str) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise BenchmarkError(f"The app ended with status {process.returncode} before it answered; run app.py.")
        try:
            with urllib.request.urlopen(f"{address}/", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise BenchmarkError(f"The app did not answer within {PATIENCE:.0f} seconds.")


def _first_drawing(address: str) -> None:
    """Request one face from the public endpoint, as any HTTP client does."""
    recipe = Recipe()
    values = [WANTED, recipe.seed, recipe.count, recipe.steps, recipe.guidance, recipe.solver]
    call = f"{address}/gradio_api/call/draw_face"
    headers = {"Content-Type": "application/json"}
    question = urllib.request.Request(call, json.dumps({"data": values}).encode(), headers)
    try:
        with urllib.request.urlopen(question, timeout=PATIENCE) as answer:
            event = json.load(answer)["event_id"]
        with urllib.request.urlopen(f"{call}/{event}", timeout=PATIENCE) as stream:
            said = stream.read().decode()
    except (urllib.error.URLError, OSError, KeyError, ValueError) as error:
        raise BenchmarkError(f"The app's page came, but its first drawing failed ({error}).") from error
    if "event: complete" not in said:
        raise BenchmarkError(f"The app's page came, but its first drawing failed ({said[:200].strip()}).")


def memory_of(pid: int | str) -> tuple[float | None, float | None]:
    """Resident and highest resident memory of a process in MB; None where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None, None
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS:", "VmHWM:"))}
    return tuple(int(values[key]) / 1024 if key in values else None for key in ("VmRSS", "VmHWM"))
