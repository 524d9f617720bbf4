"""The pool of networks: one instance for all tabs, turns in order of arrival, sentences for what is wrong on disk."""

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tiny_text
from PIL import Image

from core.checkpoints import WEIGHTS, CheckpointError
from core.latents.surgery import Surgery
from core.models import PictureClassifier
from core.networks.fair_lock import FairLock
from core.networks.pool import NetworkPool, pool_of
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest
from core.pipelines.latent_map.engine import LatentMapEngine
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import ReconstructionRequest, SurgeryRequest
from core.recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent
RECIPE = Recipe(seed=5, steps=3, attributes={"Smiling": 1.0})
PROMPT = PromptRequest(Recipe(seed=5, steps=3, prompt="a smiling woman", guidance=3.0, model="text"))


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory) -> Path:
    """All tiny checkpoints: those of the faces, and a CLIP with a text pipeline around the same KL autoencoder."""
    folder = tmp_path_factory.mktemp("pool") / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    text = tiny_text.checkpoint_root(tmp_path_factory.mktemp("text-side"))
    for name in ("clip", "text", "autoencoder-kl"):
        shutil.copytree(text / name, folder / name, dirs_exist_ok=True)
    return folder


def photo(side: int = 100) -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 255, (side, side, 3), np.uint8))


def last(events):
    return list(events)[-1]


# --- one of each ------------------------------------------------------------------------------------------------------


def test_all_tabs_use_the_same_networks(root):
    pool = NetworkPool(root)
    reconstruction, latent_map = ReconstructionPipeline(pool=pool).engine, LatentMapEngine(pool)
    assert reconstruction.classifier() is latent_map.classifier() is pool.get("classifier")
    assert reconstruction.codec("kl") is latent_map.codec("kl") is pool.get("autoencoder-kl")
    assert pool.get("text").codec.autoencoder is pool.get("autoencoder-kl").codec.autoencoder
    assert latent_map.clip() is pool.get("clip")


def test_one_instance_of_every_network_is_in_memory_after_each_tab_was_used(root):
    """Counted in a process of its own, where nothing else holds networks; shapes without numbers do not count."""
    program = f"""
import gc, sys
from collections import Counter
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_pool as tabs
from core.pipelines.latent_map.engine import LatentMapEngine
root = {str(root)!r}
faces, prompts = tabs.FacesPipeline(root), tabs.PromptsPipeline(root)
tabs.last(faces.draw(tabs.RECIPE)), tabs.last(prompts.draw(tabs.PROMPT))
prompts.readback(tabs.photo(64), "a smiling woman")
reconstruction = tabs.ReconstructionPipeline(root)
for key in ("cae", "vae", "kl"):
    reconstruction.reconstruct(tabs.ReconstructionRequest(tabs.photo(), key))
pixels = tabs.np.zeros((2, 64, 64, 3), "uint8")
LatentMapEngine(tabs.pool_of(root)).encode(pixels, ["cae", "vae", "kl", "classifier", "clip"])
names = "AutoencoderKL FlatAutoencoder PictureClassifier FaceUNet CLIPModel UNet2DConditionModel".split()
found = [one for one in gc.get_objects() if type(one).__name__ in names and hasattr(one, "parameters")]
real = [one for one in found if next(one.parameters()).device.type != "meta"]
print(sorted(Counter(type(one).__name__ for one in real).items()))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one_each = [(name, 1) for name in ("AutoencoderKL", "CLIPModel", "FaceUNet")]
    rest = [("FlatAutoencoder", 2), ("PictureClassifier", 1), ("UNet2DConditionModel", 1)]
    assert done.stdout.strip().splitlines()[-1] == str([*one_each, *rest])


def test_a_root_has_one_pool_however_it_is_spelled(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    pool = pool_of(root)
    assert pool_of(str(root)) is pool_of("checkpoints") is pool
    assert FacesPipeline(root).pool is ReconstructionPipeline("checkpoints").pool is pool


def test_importing_the_pool_and_the_pipelines_loads_no_torch():
    program = (
        "import sys, core.networks.pool, core.pipelines.faces.pipeline, core.pipelines.prompts.pipeline, "
        "core.pipelines.reconstruction.pipeline, core.pipelines.styles.pipeline, core.pipelines.latent_map.pipeline\n"
        "pool = core.networks.pool.NetworkPool('nowhere')\n"
        "assert 'classifier' in pool.missing('classifier')\n"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- turns ------------------------------------------------------------------------------------------------------------


def queue_up(lock: FairLock, act, count: int) -> threading.Thread:
    """Starts ``act`` in a thread and returns when that thread has become number ``count`` in the queue."""
    thread = threading.Thread(target=act)
    thread.start()
    while lock.waiting < count:
        os.sched_yield()
    return thread


def test_the_lock_goes_to_whoever_waited_longest():
    lock, order = FairLock(), []

    def take(number: int) -> None:
        with lock:
            order.append(number)

    with lock:
        threads = [queue_up(lock, lambda number=number: take(number), number + 1) for number in range(6)]
        with lock:  # the thread that holds it may take it again
            assert not order
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_a_heavy_job_lets_a_light_one_through_between_its_calls(tmp_path):
    pool, order, threads = NetworkPool(tmp_path), [], []

    def call(name: str) -> None:
        order.append(name)
        if name == "heavy 2":  # somebody comes while the second of four calls is at work
            threads.append(queue_up(pool.lock, lambda: pool.run(order.append, "light"), 1))

    for number in range(1, 5):
        pool.run(call, f"heavy {number}")
    threads[0].join()
    assert order == ["heavy 1", "heavy 2", "light", "heavy 3", "heavy 4"]


def test_a_call_that_fails_gives_the_lock_back(tmp_path):
    pool = NetworkPool(tmp_path)
    with pytest.raises(ZeroDivisionError):
        pool.run(lambda: 1 / 0)
    assert ThreadPoolExecutor(1).submit(pool.run, lambda: "free").result() == "free"


class CountingPool(NetworkPool):
    """Notes how many network calls were made each time that the lock was held."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.calls: list[int] = []
        self.lock = self  # type: ignore[assignment]
        self.depth = 0

    def __enter__(self) -> None:
        self.calls += [0] * (self.depth == 0)
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1

    def run(self, call, *args, **kwargs):
        with self:
            self.calls[-1] += 1
            return super().run(call, *args, **kwargs)


def test_no_job_holds_the_lock_for_more_than_one_network_call(root):
    pool = CountingPool(root)
    faces, prompts, reconstruction = (
        FacesPipeline(pool=pool),
        PromptsPipeline(pool=pool),
        ReconstructionPipeline(pool=pool),
    )
    latent_map = LatentMapEngine(pool)
    jobs = {
        "face": lambda: last(faces.draw(RECIPE)),
        "photo": lambda: last(faces.edit(EditRequest(photo(), {"Smiling": -1.0}, RECIPE))),
        "prompt": lambda: last(prompts.draw(PromptRequest(PROMPT.recipe, maps=True, film=True))),
        "readback": lambda: prompts.readback(photo(), "a smiling woman"),
        "whole photo": lambda: last(reconstruction.whole(ReconstructionRequest(photo(150), "kl", whole=True))),
        "surgery": lambda: reconstruction.operate(SurgeryRequest(photo(), "kl", Surgery(noise=0.5))),
        "atlas": lambda: latent_map.encode(
            np.zeros((4, 64, 64, 3), np.uint8), ["kl", "classifier", "clip"], errors=True
        ),
        "map": lambda: latent_map.decode("vae", np.zeros((5, 16), np.float32)),
        "words": lambda: latent_map.embed_words("a smiling woman"),
    }
    for name, job in jobs.items():
        pool.calls.clear()
        job()
        assert pool.calls and set(pool.calls) == {1}, name


# --- what is wrong on disk --------------------------------------------------------------------------------------------


@pytest.fixture
def own(root, tmp_path) -> Path:
    """A root that a test may damage."""
    return shutil.copytree(root, tmp_path / "checkpoints")


def test_what_is_missing_disables_its_user_alone(own):
    shutil.rmtree(own / "classifier")
    pool = NetworkPool(own)
    with pytest.raises(CheckpointError, match=r"'classifier' is not in checkpoints/.*train_classifier\.py"):
        pool.get("classifier")
    assert "train_classifier.py" in FacesPipeline(pool=pool).missing()
    assert PromptsPipeline(pool=pool).missing() is None and last(PromptsPipeline(pool=pool).draw(PROMPT)).drawings
    assert (
        ReconstructionPipeline(pool=pool).reconstruct(ReconstructionRequest(photo(), "vae")).embedding_distance is None
    )


@pytest.mark.parametrize("damage", [b"", b"not safetensors"], ids=["empty", "garbage"])
def test_a_damaged_checkpoint_is_a_sentence_and_opens_once_it_is_mended(own, damage):
    file, pool = own / "classifier" / WEIGHTS, NetworkPool(own)
    good = file.read_bytes()
    file.write_bytes(damage)
    with pytest.raises(CheckpointError, match="classifier: the weights file is damaged"):
        pool.get("classifier")
    file.write_bytes(good)
    assert isinstance(pool.get("classifier"), PictureClassifier)


def test_a_folder_with_another_model_is_refused(own):
    shutil.rmtree(own / "classifier")
    shutil.copytree(own / "faces", own / "classifier")
    with pytest.raises(CheckpointError, match="describes a FaceUNet, not a PictureClassifier"):
        NetworkPool(own).get("classifier")


def test_a_checkpoint_that_changes_on_disk_is_a_sentence_for_its_users_alone(own):
    pool = NetworkPool(own)
    faces, prompts = FacesPipeline(pool=pool), PromptsPipeline(pool=pool)
    last(faces.draw(RECIPE)), last(prompts.draw(PROMPT))
    stat = (own / "faces" / WEIGHTS).stat()
    os.utime(own / "faces" / WEIGHTS, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    with pytest.raises(CheckpointError, match=r"'faces' has changed on disk since it was loaded; restart the app"):
        last(faces.draw(RECIPE))
    assert last(prompts.draw(PROMPT)).drawings
    assert last(FacesPipeline(pool=NetworkPool(own)).draw(RECIPE)).faces  # a restart helps


# --- bit for bit ------------------------------------------------------------------------------------------------------


def everything(pool: NetworkPool) -> dict:
    """One job of every tab, to do in any order."""
    faces, prompts, reconstruction = (
        FacesPipeline(pool=pool),
        PromptsPipeline(pool=pool),
        ReconstructionPipeline(pool=pool),
    )
    latent_map = LatentMapEngine(pool)
    code = np.random.default_rng(0).standard_normal((1, 16)).astype(np.float32)
    return {
        "face": lambda: last(faces.draw(RECIPE)).faces[0].image.tobytes(),
        "prompt": lambda: last(prompts.draw(PROMPT)).drawings[0].image.tobytes(),
        "readback": lambda: str(prompts.readback(photo(), "a smiling woman")).encode(),
        "kl": lambda: reconstruction.reconstruct(ReconstructionRequest(photo(), "kl")).latents.tobytes(),
        "tiles": lambda: last(reconstruction.whole(ReconstructionRequest(photo(90), "kl", whole=True))).after.tobytes(),
        "map": lambda: latent_map.decode("cae", code)[0].tobytes(),
        "atlas": lambda: latent_map.encode(np.full((8, 64, 64, 3), 90, np.uint8), ["kl"]).vectors["kl"].tobytes(),
    }


def test_every_result_is_the_same_alone_and_among_neighbours(root):
    """Alone: in a pool of its own, each the first to use its networks. Together: all at once, three times over."""
    alone = {name: everything(NetworkPool(root))[name]() for name in everything(NetworkPool(root))}
    jobs = everything(NetworkPool(root))
    with ThreadPoolExecutor(8) as threads:
        running = [(name, threads.submit(job)) for _ in range(3) for name, job in reversed(jobs.items())]
        for name, future in running:
            assert future.result() == alone[name], name
