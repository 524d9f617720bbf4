"""CLIP as a space of the map, and the search by words: on tiny random weights, real atlases, real files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny_text
import torch
from PIL import Image
from tiny_map import COUNT, FIRST, floats, noise_atlas, send

from core import checkpoints
from core.benchmarks.latent_map import measure_map
from core.images import to_tensor
from core.latents.atlas import Atlas
from core.models.clip import embed_pictures, embed_texts, load_clip, tokens_of
from core.networks.pool import pool_of
from core.pipelines.latent_map.build import add_spaces
from core.pipelines.latent_map.engine import LatentMapEngine
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.types import Advance, LatentMapError
from core.pipelines.latent_map.word_search import LEAST, Sought
from ui.latent_map.handlers import LatentMapHandlers
from ui.latent_map.requests import SearchRequest
from ui.messages import RequestError

ROOT = Path(__file__).resolve().parent.parent
WORDS = "a photograph of somebody on a bicycle"
STRANGE = [
    "\U0001f642 \U0001f469\u200d\U0001f467",
    "женщина в очках",
    "笑顔の女性",
    "<script>alert(1)</script> {{7*7}}",
    "(",
    "smiling and",
    "'; --",
    "\ud800 \x00 face",
]


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory) -> Path:
    """The tiny checkpoints with a CLIP among them."""
    folder = tmp_path_factory.mktemp("with-clip") / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    shutil.copytree(tiny_text.clip_folder(tmp_path_factory.mktemp("clip")), folder / "clip")
    return folder


@pytest.fixture(scope="module")
def atlases(root, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("map") / "atlases"
    noise_atlas(root, folder)
    return folder


@pytest.fixture(scope="module")
def before(tiny_checkpoints, tmp_path_factory) -> Path:
    """An atlas from the time before there was a CLIP."""
    folder = tmp_path_factory.mktemp("before") / "atlases"
    noise_atlas(tiny_checkpoints, folder)
    return folder


@pytest.fixture(scope="module")
def latent_map(root, atlases) -> LatentMapPipeline:
    return LatentMapPipeline(root, atlases)


@pytest.fixture(scope="module")
def handlers(latent_map) -> LatentMapHandlers:
    return LatentMapHandlers(latent_map)


@pytest.fixture(scope="module")
def clip(root):
    return load_clip(root / "clip")


def cosines(clip, atlases: Path, text: str) -> np.ndarray:
    """What CLIP says of a text and of the atlas's vectors, called directly."""
    model, tokenizer = clip
    vectors = Atlas.open(atlases / "faces").spaces["clip"].vectors()
    said = embed_texts(model, tokens_of(tokenizer, [text]))[0].numpy()
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) @ said


# --- a space like the others ------------------------------------------------------------------------------------------


def test_clip_is_a_space_of_a_new_atlas(latent_map, atlases, clip):
    info = latent_map.open("faces").space("clip")
    assert info.title == "CLIP" and not info.decodes and not info.problem and info.dimensions == 32
    vectors = Atlas.open(atlases / "faces").spaces["clip"].vectors()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=0.02)  # unit vectors, held in 8 bits
    pixels = np.asarray(Image.effect_noise((64, 64), 60).convert("RGB"))
    seen = latent_map.engine.encode(pixels[None], ["clip"]).vectors["clip"]
    assert seen == pytest.approx(embed_pictures(clip[0], to_tensor(pixels)).numpy(), abs=1e-5)


def test_everything_that_goes_through_the_spaces_includes_clip(latent_map):
    near = {found.space: found for found in latent_map.neighbours("faces", 7, 5)}
    assert len(near["clip"].rows) == 5 and 7 not in near["clip"].rows
    assert len(latent_map.outliers("faces", "clip", 6).outliers) == 6
    by = dict(latent_map.colourings("faces", "clip"))
    assert {"density", "cluster:kmeans", "requested:Smiling"} <= set(by) and "error" not in by
    assert not latent_map.decode_at("faces", "clip", "pca2", (0, 0)).decoded
    located = {found.space: found for found in latent_map.locate("faces", latent_map.picture("faces", 3))}
    assert not located["clip"].problem and len(located["clip"].places["pca2"]) == 2


def test_without_a_clip_everything_is_as_before(tiny_checkpoints, before):
    latent_map = LatentMapPipeline(tiny_checkpoints, before)
    assert "clip" not in [space.key for space in latent_map.open("faces").spaces]
    assert len(latent_map.search("faces", "smiling").rows) == COUNT // 2
    with pytest.raises(LatentMapError, match=r"'bicycle' is not known.*looked for by CLIP.*Make it with: .*train_clip"):
        latent_map.search("faces", "bicycle")
    with pytest.raises(LatentMapError, match="train_clip"):
        latent_map.search("faces", "smiling", by_words=True)
    with pytest.raises(LatentMapError, match=r"Write what to look for.*young\.$"):
        latent_map.search("faces", " ", by_words=True)


def test_other_weights_are_refused_and_the_filter_stays(root, atlases, tmp_path):
    other = tmp_path / "checkpoints"
    shutil.copytree(root, other)
    path = checkpoints.weights(other / "clip")
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    latent_map = LatentMapPipeline(other, atlases)
    assert "not those that this atlas was built with" in latent_map.open("faces").space("clip").problem
    with pytest.raises(LatentMapError, match="Build it again"):
        latent_map.search("faces", WORDS)
    assert len(latent_map.search("faces", "smiling").rows) == COUNT // 2


# --- one space more ---------------------------------------------------------------------------------------------------


def test_an_older_atlas_opens_and_names_the_command(root, before):
    latent_map = LatentMapPipeline(root, before)
    assert "clip" not in [space.key for space in latent_map.open("faces").spaces]
    with pytest.raises(LatentMapError, match=r"--add clip --out .*atlases/faces"):
        latent_map.search("faces", WORDS)


def test_a_space_is_added_and_the_others_stay(root, before, tmp_path):
    atlas = Atlas.open(before / "faces")
    *steps, made = add_spaces(LatentMapEngine(pool_of(root)), atlas, ["clip"])
    assert {step.phase for step in steps if isinstance(step, Advance)} == {"reading", "encoding", "mapping"}
    made.save(tmp_path / "faces")
    opened = Atlas.open(tmp_path / "faces")
    assert list(opened.spaces) == [*atlas.spaces, "clip"] and opened.spaces["clip"].fingerprint
    for key, space in atlas.spaces.items():
        assert np.array_equal(opened.spaces[key].codes, space.codes)
        assert np.array_equal(opened.spaces[key].places["pca3"], space.places["pca3"])
    assert np.array_equal(opened.measured, atlas.measured) and opened.command == atlas.command
    assert opened.thumbnail(9).tobytes() == atlas.thumbnail(9).tobytes()
    found = LatentMapPipeline(root, tmp_path).search("faces", WORDS)
    assert isinstance(found, Sought) and not opened.spaces["clip"].psnr


def test_a_space_of_other_weights_is_made_again(root, atlases, tmp_path):
    atlas = Atlas.open(atlases / "faces")
    known = atlas.spaces["classifier"].vectors()
    atlas.spaces["classifier"].fingerprint = "of another"
    *_, made = add_spaces(LatentMapEngine(pool_of(root)), atlas, ["classifier"])
    again = made.spaces["classifier"]
    assert again.fingerprint == checkpoints.fingerprint(root / "classifier") == made.made_with["classifier"]
    assert again.codes.shape == known.shape and made.measured.shape == (COUNT, 40)
    assert not np.array_equal(made.measured, atlas.measured)  # the classifier has run again


def test_the_command_adds_a_space_in_place(root, before, tmp_path):
    atlas = Atlas.open(before / "faces")
    few = slice(0, 8)  # so few that there is neither UMAP nor t-SNE to wait for
    space = atlas.spaces["classifier"]
    space.codes, space.places, space.clusterings = space.codes[few], {"pca3": space.places["pca3"][few]}, {}
    small = Atlas("Few", "pictures", 8, {"classifier": space}, atlas.sheets, command="python scripts/build_atlas.py")
    small.save(tmp_path / "few")
    (tmp_path / "few.build").mkdir()  # of a build that was stopped: not this command's to remove
    line = [sys.executable, str(ROOT / "scripts" / "build_atlas.py"), "--out", "few", "--checkpoints", str(root)]
    done = subprocess.run([*line, "--add", "clip"], capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "8 pictures in few: classifier, clip" in done.stdout and "encoding: 100%" in done.stderr
    assert list(Atlas.open(tmp_path / "few").spaces) == ["classifier", "clip"] and (tmp_path / "few.build").is_dir()
    done = subprocess.run([*line, "--add", "sd"], capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 2 and "no space 'sd'" in done.stderr


def test_weights_that_are_not_there_add_nothing(tiny_checkpoints, before):
    with pytest.raises(checkpoints.CheckpointError, match="train_clip"):
        list(add_spaces(LatentMapEngine(pool_of(tiny_checkpoints)), Atlas.open(before / "faces"), ["clip"]))


# --- search by words --------------------------------------------------------------------------------------------------


def test_words_find_what_clip_finds(latent_map, atlases, clip):
    found = latent_map.search("faces", WORDS)
    wanted = cosines(clip, atlases, WORDS)
    assert isinstance(found, Sought) and found.similarity == pytest.approx(wanted, abs=1e-5)
    assert found.rows.tolist() == np.argsort(-found.similarity, kind="stable")[:LEAST].tolist()
    assert found.understood == WORDS and "bicycle" in found.notes[0]
    other = latent_map.search("faces", "sushi on a plate")
    assert not np.allclose(other.similarity, found.similarity)


def test_what_the_grammar_understands_filters_unless_words_are_wanted(latent_map):
    filtered, sought = (latent_map.search("faces", "smiling woman", by_words=words) for words in (False, True))
    assert not isinstance(filtered, Sought) and filtered.understood == "smiling and not male"
    assert isinstance(sought, Sought) and sought.understood == "smiling woman" and not sought.notes


@pytest.mark.parametrize("text", STRANGE)
def test_strange_words_are_looked_for_and_shown_as_they_are(handlers, text):
    response = send(handlers, kind="search", **FIRST, expression=text)
    assert (
        response["how"] == "words" and len(response["rows"]) == LEAST and np.isfinite(floats(response["values"])).all()
    )
    assert response["understood"] and not set(response["understood"]) & {"\x00", "\ud800"}
    json.dumps(response).encode()


def test_a_book_is_cut_at_the_encoders_length_and_it_is_said(handlers, clip, atlases):
    response = send(handlers, kind="search", **FIRST, expression="walking home " * 10_000)
    assert response["how"] == "words" and response["notes"][0].startswith("Only the first")
    read = int(response["notes"][0].split()[3])
    assert 10 < read < 48 and len(response["understood"]) < 130
    start = " ".join(["walking", "home"] * read)
    assert floats(response["values"]) == pytest.approx(cosines(clip, atlases, start), abs=1e-5)


def test_the_response_says_which_search_it_was(handlers, latent_map):
    filtered = send(handlers, kind="search", **FIRST, expression="smiling")
    assert filtered["how"] == "attributes" and filtered["rows"] == list(range(1, COUNT, 2)) and not filtered["values"]
    sought = send(handlers, kind="search", **FIRST, expression="smiling", words=True)
    assert sought["how"] == "words" and len(floats(sought["values"])) == COUNT
    assert "Write what" in send(handlers, kind="search", **FIRST, expression="   ", words=True)["error"]
    elsewhere = send(handlers, kind="search", **{**FIRST, "space": "clip"}, expression="smiling", words=True)
    assert elsewhere["rows"] == sought["rows"]  # whatever space is on the map


@pytest.mark.parametrize("forged", [{"words": "yes"}, {"words": 1}, {"expression": 3}, {"expression": "x" * 10**6}])
def test_forged_searches_end_as_one_sentence(forged):
    with pytest.raises(RequestError, match=r"\.$"):
        SearchRequest.from_json({"expression": "face", **forged})


def test_many_visitors_find_what_one_finds(root, atlases):
    import threading

    latent_map, found = LatentMapPipeline(root, atlases), []
    threads = [threading.Thread(target=lambda: found.append(latent_map.search("faces", WORDS).rows)) for _ in range(6)]
    state = torch.random.get_rng_state()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and all(np.array_equal(rows, found[0]) for rows in found)
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_benchmark_measures_a_search_by_words(root, monkeypatch):
    for name, count in {"POINTS": 100, "LASSO": 20}.items():
        monkeypatch.setattr(f"core.benchmarks.latent_map.{name}", count)
    embed, read = LatentMapEngine.embed_words, []
    monkeypatch.setattr(LatentMapEngine, "embed_words", lambda self, text: read.append(text) or embed(self, text))
    found = measure_map(root, 1, photos=2)
    assert found["map_words_ms"] > 0 and "a smiling old man" in read  # CLIP has read them
