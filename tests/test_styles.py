"""Styles through the pipeline that the page calls: applied, blended, at once by many, and cleaned up."""

import gc
import json
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from PIL import Image
from tiny_styles import noise_photos, put_style, styled_faces
from tiny_text import checkpoint_root

from core import checkpoints
from core.data.framing import Framing, step_back
from core.data.style_photos import StyleError
from core.models.adapter_files import WEIGHTS, AdapterError, read_adapter, write_adapter
from core.models.adapters import ActiveAdapter, merged
from core.networks.deterministic import PackedConv
from core.pipelines.faces.engine import MOST_MERGED
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.styles.library import VARIABLE, StyleLibrary
from core.pipelines.styles.pipeline import StylesPipeline
from core.pipelines.styles.types import NO_STYLE, StyleSet
from core.recipe import Recipe, RecipeError, from_json, to_json

SMALL = Recipe(seed=11, attributes={"Smiling": 1.0}, steps=2)


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory) -> Path:
    """The tiny face models with three styles."""
    return styled_faces(tiny_checkpoints, tmp_path_factory.mktemp("styled"), ("comic", "oil", "pencil"))


@pytest.fixture(scope="module")
def pipeline(root):
    return StylesPipeline(FacesPipeline(root))


def last(events):
    return list(events)[-1]


def drawn(pipeline, recipe, active=NO_STYLE):
    return last(pipeline.draw(recipe, active, previews=False)).faces[0].image.tobytes()


def test_a_style_changes_the_picture_and_weight_zero_does_not(pipeline):
    plain = drawn(pipeline, SMALL)
    assert drawn(pipeline, SMALL, StyleSet({"oil": 1.0})) != plain
    assert drawn(pipeline, SMALL, StyleSet({"oil": 0.0})) == plain
    assert drawn(pipeline, replace(SMALL, styles={"oil": 0.0})) == plain
    assert drawn(pipeline, SMALL, StyleSet({"oil": 1.0}, parts=(0, 0, 0))) == plain


def test_the_recipe_alone_draws_a_blend_again(pipeline):
    active = StyleSet({"oil": 1.0, "comic": 3 / 2}, "normalised", (1.0, 0.5, 1.5))
    face = last(pipeline.draw(SMALL, active)).faces[0]
    assert face.recipe.styles == {"comic": 0.6, "oil": 0.4} and face.recipe.style_parts == (1.0, 0.5, 1.5)
    again = from_json(to_json(face.recipe))
    assert last(pipeline.faces.draw(again)).faces[0].image.tobytes() == face.image.tobytes()
    assert drawn(pipeline, SMALL, replace(active, mode="sum")) != face.image.tobytes()


def test_many_at_once_in_different_styles_get_what_each_gets_alone(pipeline):
    sets = [{}, {"oil": 1.0}, {"comic": 0.5}, {"oil": 1.0, "pencil": -0.5}, {"pencil": 1.5}, {"comic": 1.0}]
    sets += [{"oil": 0.1 * k} for k in range(1, 8)]  # more than are kept
    recipes = [replace(SMALL, styles=styles, seed=seed) for seed, styles in enumerate(sets)]
    alone = [drawn(pipeline, recipe) for recipe in recipes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda recipe: drawn(pipeline, recipe), recipes * 2))
    assert together == alone * 2 and len(set(alone)) == len(alone)


def test_only_the_newest_networks_are_kept(pipeline):
    engine = pipeline.faces.engine
    recipes = [replace(SMALL, styles={"oil": 0.01 * k}) for k in range(1, 2 * MOST_MERGED)]
    networks = [weakref.ref(engine.with_adapters(recipe)) for recipe in recipes]
    gc.collect()
    kept = [made() is not None for made in networks]
    assert kept == [False] * (MOST_MERGED - 1) + [True] * MOST_MERGED


def test_switching_reads_no_file_again(pipeline, monkeypatch):
    drawn(pipeline, SMALL, StyleSet({"oil": 1.0}))
    before = [pipeline.faces.engine.with_adapters(replace(SMALL, styles={"oil": 1.0})) for _ in range(2)]
    assert before[0] is before[1]
    monkeypatch.setattr("core.networks.adapter_cache.read_adapter", lambda *args, **options: pytest.fail("read again"))
    assert drawn(pipeline, SMALL, StyleSet({"oil": 0.77})) != drawn(pipeline, SMALL)


def test_a_moved_slider_lays_out_no_weights_again(pipeline, monkeypatch):
    drawn(pipeline, SMALL, StyleSet({"oil": 0.31, "comic": 0.2}))
    packed = []
    pack = PackedConv.pack
    monkeypatch.setattr(PackedConv, "pack", lambda *args: packed.append(1) or pack(*args))
    one = drawn(pipeline, SMALL, StyleSet({"oil": 0.32, "comic": 0.2}))
    assert not packed
    engine = FacesPipeline(pipeline.faces.root).engine  # nothing is packed there yet
    fresh = last(FacesPipeline(pipeline.faces.root).draw(replace(SMALL, styles={"oil": 0.32, "comic": 0.2})))
    assert fresh.faces[0].image.tobytes() == one and packed
    with torch.inference_mode():
        inputs = torch.randn(1, *engine.latent_shape), torch.tensor([500]), torch.zeros(1, 40)
        active = [
            ActiveAdapter(read_adapter(engine.root / "styles" / name), weight)
            for name, weight in (("oil", 1), ("comic", -0.5))
        ]
        plain = checkpoints.load_model(engine.root / "faces")
        expected = merged(plain, active)(*inputs)
        got = engine.denoise(*inputs, network=engine.with_adapters(replace(SMALL, styles={"oil": 1.0, "comic": -0.5})))
        assert (expected - plain(*inputs)).abs().max() > 1e-3
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)


def test_a_style_is_the_same_picture_on_any_number_of_threads(root):
    recipe, pictures, threads = replace(SMALL, styles={"oil": 0.7, "pencil": -0.3}), set(), torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            pictures.add(last(FacesPipeline(root).draw(recipe)).faces[0].image.tobytes())
    finally:
        torch.set_num_threads(threads)
    assert len(pictures) == 1


def test_a_face_brought_nearer_is_read_from_where_faces_are_known(root, tmp_path):
    for part in ("faces", "autoencoder-kl", "classifier"):
        (tmp_path / part).symlink_to(root / part)
    shutil.copytree(root / "styles" / "oil", tmp_path / "styles" / "near")
    adapter = read_adapter(tmp_path / "styles" / "near")
    metadata = {**adapter.metadata, "domain": "utkface", "framing": [2.0, 0.2]}
    write_adapter(replace(adapter, metadata=metadata), tmp_path / "styles" / "near")
    pipeline = FacesPipeline(tmp_path)
    face = last(pipeline.draw(replace(SMALL, styles={"near": 1.0}))).faces[0]
    back = Image.fromarray(step_back(np.asarray(face.image)[None], Framing(2.0, 0.2))[0])
    assert face.achieved == pipeline.engine.read_picture(back) != pipeline.engine.read_picture(face.image)
    assert pipeline.engine.framing(replace(SMALL, styles={"near": -0.5})) == Framing()
    assert pipeline.engine.framing(replace(SMALL, styles={"near": 0.5})) == Framing(2.0, 0.2).partly(0.5)


def test_the_wall_shows_every_style_and_names_the_broken_one(pipeline, root, monkeypatch, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"\x80\x04 a pickle")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    *steps, wall = pipeline.wall(SMALL)
    assert [tile.style for tile in wall.tiles] == ["", "comic", "oil", "pencil"]
    assert [len(step.tiles) + len(step.problems) for step in steps] == [1, 2, 3, 4, 5]
    ((name, reason),) = wall.problems
    assert name == "bad" and "pickle" in reason
    assert wall.tiles[2].image.tobytes() == drawn(pipeline, SMALL, StyleSet({"oil": 1.0}))
    checks = iter([False, True])
    stopped = last(pipeline.wall(SMALL, cancel=lambda: next(checks)))
    assert stopped.cancelled and len(stopped.tiles) == 1


def test_a_domain_stands_behind_the_looks(root, tmp_path):
    shutil.copytree(root / "styles", tmp_path / "styles")
    config = tmp_path / "styles" / "comic" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "domain": "utkface"}))
    assert [info.name for info in StyleLibrary(tmp_path).styles()] == ["oil", "pencil", "comic"]


def test_the_grid_has_a_plain_column(pipeline):
    grid = last(pipeline.grid(SMALL, ["oil", "comic"], (-0.5, 0.0, 1.0)))
    assert grid.styles == ("oil", "comic") and [len(row) for row in grid.tiles] == [3, 3]
    plain = drawn(pipeline, SMALL)
    assert all(row[1].image.tobytes() == plain != row[2].image.tobytes() for row in grid.tiles)
    with pytest.raises(RecipeError, match="1 to 64 pictures"):
        last(pipeline.grid(SMALL, ["oil"] * 9, range(9)))


@pytest.mark.parametrize("method", ["ddpm", "ddim"])
def test_a_photo_gets_a_style_and_without_a_style_comes_back(pipeline, method):
    base = {"Male": 1.0}
    request = EditRequest(noise_photos(1)[0], base, replace(SMALL, attributes=base), method, 0.3)
    plain = last(pipeline.photo(request, StyleSet()))
    styled = last(pipeline.photo(request, StyleSet({"oil": 1.0})))
    difference = np.abs(np.asarray(plain.before, int) - np.asarray(plain.after, int)).max()
    assert difference <= 1 and styled.after.tobytes() != plain.after.tobytes()


def test_what_cannot_be_applied_is_said(pipeline):
    with pytest.raises(StyleError, match="no style 'fresco' here"):
        drawn(pipeline, SMALL, StyleSet({"fresco": 1.0}))
    with pytest.raises(RecipeError, match="At most 4 styles"):
        drawn(pipeline, replace(SMALL, styles={f"s{k}": 1.0 for k in range(5)}))
    with pytest.raises(RecipeError, match="blended as"):
        StyleSet({"oil": 1.0}, "average").onto(SMALL)
    with pytest.raises(RecipeError):
        StyleSet({"../oil": 1.0}).onto(SMALL)


def test_an_uploaded_file_is_applied_by_its_session_and_listed_for_no_other(pipeline, root, tmp_path):
    upload = tmp_path / "My oil.safetensors"
    upload.write_bytes((root / "styles" / "oil" / WEIGHTS).read_bytes())
    info = pipeline.add("anna", upload)
    assert drawn(pipeline, SMALL, StyleSet({info.name: 1.0})) == drawn(pipeline, SMALL, StyleSet({"oil": 1.0}))
    assert info.name in {i.name for i in pipeline.styles("anna")}
    assert info.name not in {i.name for i in (*pipeline.styles("ben"), *pipeline.styles())}
    pipeline.library.remove("ben", info.name)
    assert info.file.is_file() and read_adapter(info.file).metadata["base"] == "faces"
    pipeline.close_session("anna")
    with pytest.raises(StyleError, match="no style"):
        drawn(pipeline, replace(SMALL, seed=3), StyleSet({info.name: 1.0}))


def test_a_style_of_other_weights_is_refused_and_leaves_nothing(pipeline, root, tmp_path):
    put_style(checkpoints.load_model(root / "faces"), tmp_path / "other", "faces", "f" * 12)
    with pytest.raises(AdapterError, match="other weights of this model"):
        pipeline.add("cleo", tmp_path / "other" / WEIGHTS)
    assert not [i for i in pipeline.styles("cleo") if i.origin == "session"]


def test_styles_are_applied_to_the_text_model(pipeline, tmp_path):
    root = checkpoint_root(tmp_path)
    prompts = PromptsPipeline(root)
    unet = UNet2DConditionModel.from_pretrained(root / "text" / "unet")
    put_style(unet, root / "styles" / "ink", "text", checkpoints.fingerprint(root / "text"), seed=4)
    both = StylesPipeline(FacesPipeline(root), prompts)
    recipe = Recipe(seed=3, prompt="a smiling woman", model="text", steps=2)
    plain = last(both.draw(recipe)).drawings[0]
    inked = last(both.draw(recipe, StyleSet({"ink": 1.0}))).drawings[0]
    assert inked.image.tobytes() != plain.image.tobytes() and inked.recipe.styles == {"ink": 1.0}
    assert last(both.draw(recipe, StyleSet({"ink": 0.0}))).drawings[0].image.tobytes() == plain.image.tobytes()
    assert [tile.style for tile in last(both.wall(recipe)).tiles] == ["", "ink"]
