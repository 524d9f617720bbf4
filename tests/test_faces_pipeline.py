"""The pipeline behind the Faces tab on a tiny real model: determinism, cancelling, editing, bad input."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from core import attributes, checkpoints
from core.images import PictureError, to_pixels, to_tensor
from core.networks.deterministic import make_deterministic
from core.photos.alignment import Placement, align
from core.pipelines.faces.entanglement import entangled
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest, EditResult, FacesResult
from core.pipelines.progress import Progress
from core.recipe import Recipe, RecipeError, from_link, from_png, to_link, to_png

SMALL = Recipe(seed=11, attributes={"Smiling": 1.0}, steps=3)


@pytest.fixture(scope="module")
def pipeline(tiny_checkpoints):
    return FacesPipeline(tiny_checkpoints)


def last(events):
    return list(events)[-1]


def pixels(result: FacesResult) -> list[bytes]:
    return [face.image.tobytes() for face in result.faces]


def test_progress_then_one_result(pipeline):
    events = list(pipeline.draw(replace(SMALL, count=2)))
    assert [type(e) for e in events] == [Progress] * 6 + [FacesResult]
    assert [e.step for e in events[:-1]] == [1, 2, 3, 1, 2, 3]
    assert len(events[3].done) == 1 and events[0].preview.size == (64, 64)
    face = events[-1].faces[1]
    assert face.recipe.seed == 12 and face.recipe.count == 1
    assert set(face.achieved) == set(attributes.NAMES) and all(0 <= p <= 1 for p in face.achieved.values())


def test_same_recipe_same_picture_alone_in_eight_and_again(pipeline):
    eight = pixels(last(pipeline.draw(replace(SMALL, count=8))))
    assert pixels(last(pipeline.draw(replace(SMALL, count=8)))) == eight
    alone = [pixels(last(pipeline.draw(replace(SMALL, seed=11 + i), previews=False)))[0] for i in range(8)]
    assert alone == eight
    assert len(set(eight)) == 8


def test_four_people_drawing_at_once_get_what_each_gets_alone(pipeline):
    recipes = [replace(SMALL, seed=s, attributes={name: 1.0}) for s, name in enumerate(attributes.MAIN)]
    alone = [pixels(last(pipeline.draw(recipe))) for recipe in recipes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda recipe: pixels(last(pipeline.draw(recipe))), recipes * 3))
    assert together == alone * 3


@pytest.fixture()
def threads():
    """Sets the number of torch's threads; afterwards it is what it was."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_the_number_of_threads_changes_no_picture(threads):
    """With the weights that are shipped: the tiny ones are too small for torch to share their work."""
    pipeline = FacesPipeline(checkpoints.root())
    if pipeline.missing():
        pytest.skip(pipeline.missing())
    recipe = replace(SMALL, count=2, attributes={"Eyeglasses": 1.0})
    drawn, edited = set(), set()
    for count in (1, 2, 3, 5):
        threads(count)
        drawn.add(b"".join(pixels(last(pipeline.draw(recipe, previews=False)))))
        z = pipeline.engine.encode(to_tensor(to_pixels(photo(), pipeline.engine.size)))
        edited.add(z.contiguous().numpy().tobytes() + pipeline.engine.decode(z).contiguous().numpy().tobytes())
    assert len(drawn) == 1 and len(edited) == 1


def test_the_number_of_threads_changes_no_edited_photo(threads):
    """An edit sends five latents at once through the network: of so few, torch splits the sums of linear layers."""
    pipeline = FacesPipeline(checkpoints.root())
    if pipeline.missing():
        pytest.skip(pipeline.missing())
    request, edited = EditRequest(photo(), {"Smiling": -1.0}, SMALL, faithfulness=0.9), set()
    for count in (1, 2, 3):
        threads(count)
        edited.add(last(pipeline.edit(request)).after.tobytes())
    assert len(edited) == 1


def test_the_layers_that_replace_torchs_own_say_the_same(tiny_checkpoints):
    plain, replaced = (checkpoints.load_model(tiny_checkpoints / "faces") for _ in range(2))
    make_deterministic(replaced.to(memory_format=torch.channels_last))
    wanted = torch.zeros(3, 40).index_fill_(1, torch.tensor([15]), 1.0)
    for size, batch in ((16, 1), (16, 3), (8, 2)):  # weights packed for the first size serve the others
        x = torch.randn(batch, plain.config.latent_channels, size, size, generator=torch.Generator().manual_seed(size))
        with torch.inference_mode():
            inputs = (torch.full((batch,), 300), wanted[:batch])
            expected = plain(x, *inputs)
            torch.testing.assert_close(replaced(x, *inputs), expected, rtol=1e-4, atol=1e-5)
            assert expected.std() > 1e-3


@pytest.mark.parametrize("solver", ["dpm++", "unipc", "ddim", "ddpm"])
def test_every_solver_repeats_itself(pipeline, solver):
    recipe = replace(SMALL, solver=solver)
    assert pixels(last(pipeline.draw(recipe))) == pixels(last(pipeline.draw(recipe)))


def test_a_solver_that_does_not_fit_the_weights_is_refused(pipeline):
    with pytest.raises(RecipeError, match="cannot be drawn with flow-euler"):
        last(pipeline.draw(replace(SMALL, solver="flow-euler")))


def test_stopping_keeps_what_is_there(pipeline):
    polled = []

    def stop_in_the_second() -> bool:
        polled.append(1)
        return len(polled) > 3

    result = last(pipeline.draw(replace(SMALL, count=4), cancel=stop_in_the_second))
    assert result.cancelled and len(result.faces) == 1
    assert pixels(result) == pixels(last(pipeline.draw(SMALL)))
    at_once = last(pipeline.draw(SMALL, cancel=lambda: True))
    assert at_once.cancelled and len(at_once.faces) == 1 and "Stopped early" in at_once.notes[-1]


def test_the_png_of_a_face_draws_it_again(pipeline):
    face = last(pipeline.draw(replace(SMALL, count=2))).faces[1]
    again = last(pipeline.draw(from_png(to_png(face.image, face.recipe)))).faces[0]
    assert again.image.tobytes() == face.image.tobytes()


def test_a_recipe_near_a_seed_is_restored_exactly(pipeline):
    near = replace(SMALL, nearby=(0.3, -0.125), count=2)
    drawn = last(pipeline.draw(near))
    assert len({*pixels(drawn), *pixels(last(pipeline.draw(replace(near, nearby=(0, 0)))))}) == 4
    second = drawn.faces[1]
    assert from_png(to_png(second.image, second.recipe)) == from_link(to_link(second.recipe)) == second.recipe
    assert second.recipe.nearby == (0.3, -0.125) and second.recipe.seed == 12
    assert pixels(last(pipeline.draw(second.recipe))) == pixels(drawn)[1:]
    assert pipeline.baseline(near) != pipeline.baseline(SMALL)


def test_sweep_goes_from_absent_to_present(pipeline):
    result = last(pipeline.sweep(SMALL, "Eyeglasses", points=5))
    assert [face.recipe.attributes.get("Eyeglasses", 0.0) for face in result.faces] == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert pixels(result)[2] == pixels(last(pipeline.draw(SMALL)))[0]
    with pytest.raises(ValueError, match="Unknown attribute"):
        last(pipeline.sweep(SMALL, "Handsome"))


def test_contradictions_are_resolved_and_said(pipeline):
    result = last(pipeline.draw(replace(SMALL, attributes={"Bald": 1.0, "Bangs": 0.5})))
    assert result.notes == ("Bangs was left unspecified: it contradicts Bald.",)
    assert pixels(result) == pixels(last(pipeline.draw(replace(SMALL, attributes={"Bald": 1.0}))))


def test_entanglement_never_names_requested_attributes(pipeline):
    before = pipeline.baseline(SMALL)
    after = {name: 0.0 if p > 0.5 else 0.95 for name, p in before.items()}
    after["Smiling"] = 0.0 if before["Smiling"] > 0.5 else 1.0  # the largest change of all
    moved = pipeline.entanglement(SMALL, after)
    assert len(moved) == 5 and "Smiling" not in {change.name for change in moved}
    assert all((change.before > 0.5) != (change.after > 0.5) for change in moved)


def photo(size=(300, 200)) -> Image.Image:
    gradient = np.linspace(0, 255, size[0] * size[1] * 3).reshape(size[1], size[0], 3)
    return Image.fromarray(gradient.astype(np.uint8))


def decided(tiny_checkpoints, root, before: Image.Image, after: Image.Image) -> FacesPipeline:
    """With a classifier that is sure of itself, and of something else for two pictures that differ."""
    shutil.copytree(tiny_checkpoints, root)
    classifier = checkpoints.load_model(root / "classifier")
    one, other = classifier(to_tensor(np.stack([to_pixels(picture, 64) for picture in (before, after)]))).attributes
    factor = 8 / float((other - one).abs().median())
    head = classifier.attribute_head
    head.bias.copy_(factor * (head.bias - one) + 2 * (one - other).sign())
    head.weight *= factor
    checkpoints.save_model(classifier, root / "classifier")
    return FacesPipeline(root)


@pytest.mark.parametrize("method", ["ddpm", "ddim"])
def test_an_edit_without_changes_returns_the_photo(pipeline, tiny_checkpoints, tmp_path, method):
    base = {"Male": 1.0, "Smiling": -1.0}
    more = EditRequest(photo(), base, replace(SMALL, attributes={**base, "Bald": 1.0, "Eyeglasses": 1.0}), method)
    edited = last(pipeline.edit(more))
    pipeline = decided(tiny_checkpoints, tmp_path / "checkpoints", edited.before, edited.after)
    assert len(last(pipeline.edit(more)).changes) == 5  # it would tell
    result = last(pipeline.edit(EditRequest(photo(), base, replace(SMALL, attributes=base), method)))
    assert isinstance(result, EditResult) and not result.cancelled
    difference = np.abs(np.asarray(result.before, int) - np.asarray(result.after, int))
    assert difference.max() <= 1
    assert result.changes == ()


def test_what_an_edit_changed_unrequested_is_named_largest_first():
    before = dict.fromkeys(attributes.NAMES, 0.1)
    after = {**before, "Smiling": 0.9, "Young": 0.7, "Male": 0.95, "Bald": 0.35, "Bangs": 0.55}
    moved = entangled(before, after, {"Male"})
    assert [change.name for change in moved] == ["Smiling", "Young", "Bangs"]
    assert moved[0].before == 0.1 and moved[0].after == 0.9


@pytest.mark.parametrize("method", ["ddpm", "ddim"])
def test_an_edit_repeats_itself_and_can_be_stopped(pipeline, method):
    request = EditRequest(photo(), {"Male": 1.0}, replace(SMALL, attributes={"Male": -1.0, "Bald": 1.0}), method, 0.2)
    first, second = last(pipeline.edit(request)), last(pipeline.edit(request))
    assert first.after.tobytes() == second.after.tobytes()
    stopped = last(pipeline.edit(request, cancel=lambda: True))
    assert stopped.cancelled and stopped.after.size == (64, 64)


def test_an_edit_of_a_face_goes_back_into_the_whole_photo(pipeline):
    wanted = replace(SMALL, attributes={"Male": -1.0, "Bald": 1.0})
    placement = Placement(170, 90, 120, 15)
    result = last(pipeline.edit(EditRequest(photo(), {"Male": 1.0}, wanted, faithfulness=0.2, placement=placement)))
    assert result.before.tobytes() == align(photo(), placement, 64).tobytes()
    old, new = np.asarray(photo()).astype(int), np.asarray(result.whole).astype(int)
    assert old.shape == new.shape and (old != new).any()
    changed = np.argwhere((old != new).any(axis=2))
    left, top, right, bottom = placement.bounds()
    assert (changed >= (top - 1, left - 1)).all() and (changed <= (bottom, right)).all()
    same = last(
        pipeline.edit(
            EditRequest(photo(), {"Male": 1.0}, replace(SMALL, attributes={"Male": 1.0}), placement=placement)
        )
    )
    assert np.abs(np.asarray(same.whole).astype(int) - old).max() <= 1
    assert last(pipeline.edit(EditRequest(photo(), {"Male": 1.0}, wanted))).whole is None


def test_a_photo_is_read_where_its_face_is(pipeline):
    placement = Placement(100, 100, 80, -10)
    assert pipeline.read(photo(), placement).crop.tobytes() == align(photo(), placement, 64).tobytes()
    assert pipeline.read(photo()).crop.tobytes() == to_pixels(photo(), 64).tobytes()


def test_bad_edits_are_refused(pipeline):
    with pytest.raises(PictureError, match="outside of the photo"):
        EditRequest(photo(), {}, SMALL, placement=Placement(-5, 20, 50))
    with pytest.raises(RecipeError, match="inversion"):
        last(pipeline.edit(EditRequest(photo(), {}, SMALL, "magic")))
    with pytest.raises(RecipeError, match="from 0 to 1"):
        last(pipeline.edit(EditRequest(photo(), {}, SMALL, "ddpm", 7.0)))
    with pytest.raises(ValueError, match="Unknown attribute"):
        last(pipeline.edit(EditRequest(photo(), {"Nice": 1.0}, SMALL)))


@pytest.mark.parametrize(
    "change", [{"count": 0}, {"count": 1000}, {"seed": -1}, {"steps": 0}, {"guidance": float("nan")}]
)
def test_bad_recipes_are_refused(pipeline, change):
    with pytest.raises(RecipeError):
        last(pipeline.draw(replace(SMALL, **change)))


@pytest.mark.parametrize("part", ["faces", "autoencoder-kl", "classifier"])
def test_a_missing_checkpoint_says_how_to_make_it_and_is_found_later(tiny_checkpoints, tmp_path, part):
    root = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    shutil.move(root / part, tmp_path / "aside")
    pipeline = FacesPipeline(root)
    assert "python scripts/train_" in pipeline.missing()
    with pytest.raises(checkpoints.CheckpointError, match="Make it with"):
        last(pipeline.draw(SMALL))
    shutil.move(tmp_path / "aside", root / part)
    assert pipeline.missing() is None
    assert len(last(pipeline.draw(SMALL)).faces) == 1


def test_damaged_checkpoints_are_refused(tiny_checkpoints, tmp_path):
    def broken(damage) -> str:
        root = tmp_path / damage.__name__
        shutil.copytree(tiny_checkpoints, root)
        damage(root / "faces")
        with pytest.raises(checkpoints.CheckpointError) as caught:
            last(FacesPipeline(root).draw(SMALL))
        return str(caught.value)

    def truncated(folder):
        weights = folder / checkpoints.WEIGHTS
        weights.write_bytes(weights.read_bytes()[:1000])

    def mismatched(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "widths": [16, 32, 48]}))

    def foreign(folder):
        (folder / "config.json").write_text('{"_class_name": "os.system"}')

    def garbled(folder):
        (folder / "config.json").write_text("{")

    def swapped(folder):
        shutil.rmtree(folder)
        shutil.copytree(folder.parent / "classifier", folder)

    def senseless(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "widths": [-16, 0, "x"]}))

    def unpredictable(folder):
        (folder / "scheduler_config.json").write_text('{"prediction_type": "tea leaves"}')

    assert "cut short" in broken(truncated)
    assert "do not fit config.json" in broken(mismatched)
    assert "names no model class" in broken(foreign)
    assert "cannot be read" in broken(garbled)
    assert "not a FaceUNet" in broken(swapped)
    assert "does not describe a model" in broken(senseless)
    assert "prediction_type" in broken(unpredictable)


def test_only_few_pictures_are_previewed(pipeline):
    few, many = (list(pipeline.draw(replace(SMALL, count=count)))[:-1] for count in (4, 5))
    assert any(event.preview for event in few) and not any(event.preview for event in many)
