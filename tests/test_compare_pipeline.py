"""One request to every generator: what each is asked for, rows as they grow, stopping, and what cannot answer."""

from __future__ import annotations

import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_generators import all_generators
from tiny_map import noise_atlas

from core import attributes, checkpoints
from core.attributes import AttributeValueError
from core.checkpoints import CheckpointError
from core.data.cooccurrence import draw_attributes, read_tree
from core.images import PictureError
from core.pipelines.compare.comparison import ComparePipeline
from core.pipelines.compare.types import CompareRequest, CompareResult, GameRequest
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.recipe import RecipeError

ALL = ["map", "vae", "gan", "variations", "faces", "text"]
DRAWN = ALL[1:]


def pipeline_of(root, atlases, data=None):
    return ComparePipeline(FacesPipeline(root), PromptsPipeline(root), LatentMapPipeline(root, atlases), data)


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    return all_generators(tiny_checkpoints, tmp_path_factory.mktemp("compare"))


@pytest.fixture(scope="module")
def atlases(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlases")
    noise_atlas(root, folder)
    return folder


@pytest.fixture(scope="module")
def pipeline(root, atlases):
    return pipeline_of(root, atlases)


def photo(hue=0):
    pixels = np.zeros((80, 70, 3), np.uint8)
    pixels[20:60, 20:50, hue] = 200
    return Image.fromarray(pixels)


def compared(pipeline, **request):
    """The last state of every row, and the result."""
    *rows, result = pipeline.compare(CompareRequest(**request))
    assert isinstance(result, CompareResult)
    return {row.name: row for row in rows}, result


def test_every_row_answers_and_streams_its_pictures(pipeline):
    events = list(pipeline.compare(CompareRequest(seed=3, count=2, attributes={"Smiling": 1})))
    order = list(dict.fromkeys(event.name for event in events[:-1]))
    assert order == ALL
    growing = [len(event.pictures) for event in events[:-1] if event.name == "faces"]
    assert growing == [1, 2, 2]  # the last one has the time
    for event in (event for event in events[:-1] if event.finished):
        assert len(event.pictures) == 2 and not event.problem
        assert {picture.image.size for picture in event.pictures} == {(64, 64)}
        assert (event.milliseconds is not None) == (event.name in DRAWN)
        assert all(picture.agreement in (0.0, 1.0) for picture in event.pictures)  # of one attribute
    assert not events[-1].cancelled and events[-1].milliseconds > 0


def test_the_same_seed_row_by_row_whoever_else_draws(pipeline):
    rows, _ = compared(pipeline, seed=3, count=2)
    alone, _ = compared(pipeline, seed=4, count=1, rows=tuple(DRAWN))
    assert list(alone) == DRAWN
    for name in DRAWN:
        first, second = (
            np.asarray(row.pictures[place].image, int) for row, place in ((rows[name], 1), (alone[name], 0))
        )
        assert np.abs(first - second).max() <= 1, name  # picture i has seed + i, in any batch
        assert not np.array_equal(second, np.asarray(rows[name].pictures[0].image)), name


def test_each_is_asked_in_its_own_words(pipeline):
    rows, _ = compared(pipeline, count=1, attributes={"Eyeglasses": 1, "Male": 1})
    assert rows["vae"].given == "Takes no request" and rows["gan"].given == "The attributes"
    assert "glasses" in rows["text"].given
    assert rows["faces"].pictures[0].recipe.attributes == {"Eyeglasses": 1.0, "Male": 1.0}
    assert rows["text"].pictures[0].recipe.prompt in rows["text"].given
    rows, _ = compared(pipeline, count=1, prompt="a smiling woman with bangs")
    assert rows["faces"].pictures[0].recipe.attributes == {"Smiling": 1.0, "Bangs": 1.0, "Male": -1.0}
    assert rows["gan"].given == rows["faces"].given == "The attributes in the sentence"


def test_a_photo_reaches_everyone_by_what_the_classifier_sees(pipeline):
    rows, result = compared(pipeline, count=1, photo=photo())
    other, _ = compared(pipeline, count=1, photo=photo(1))
    assert rows["gan"].given == "The photo's embedding" and rows["map"].given.startswith("Nearest in")
    assert result.seen.image.size == (64, 64)
    sure = attributes.confident(result.seen.achieved)
    assert rows["faces"].pictures[0].recipe.attributes == sure
    for name in ("gan", "variations"):
        pictures = [each[name].pictures[0].image.tobytes() for each in (rows, other)]
        assert pictures[0] != pictures[1], name


def test_a_sentence_without_a_face_is_for_the_text_model_alone(pipeline):
    rows, _ = compared(pipeline, count=1, prompt="a plate of sushi")
    answered = {name for name, row in rows.items() if row.pictures}
    assert answered == {"vae", "text"} and "names no attribute" in rows["faces"].problem


def test_what_is_missing_says_how_to_get_it_and_the_rest_goes_on(tiny_checkpoints, tmp_path):
    rows, _ = compared(pipeline_of(tiny_checkpoints, tmp_path), count=1)
    assert {name for name, row in rows.items() if row.pictures} == {"vae", "faces"}
    assert "build_atlas.py" in rows["map"].problem and "train_gan.py" in rows["gan"].problem
    assert "train_variations.py" in rows["variations"].problem and "train_text.py" in rows["text"].problem


def test_embeddings_of_another_classifier_are_not_used(root, atlases, tmp_path):
    shutil.copytree(root, tmp_path / "root")
    classifier = checkpoints.load_model(root / "classifier")
    with torch.no_grad():
        classifier.embed.weight.mul_(2)
    checkpoints.save_model(classifier, tmp_path / "root" / "classifier")
    changed = pipeline_of(tmp_path / "root", atlases)
    rows, _ = compared(changed, count=1, photo=photo(), rows=("gan", "faces"))
    assert "another classifier" in rows["gan"].problem and rows["faces"].pictures


def test_it_stops_between_and_within_rows(pipeline):
    seen = []

    def compare(until):
        seen.clear()
        for event in pipeline.compare(CompareRequest(count=3), cancel=lambda: until(seen)):
            seen.append(event)
        return seen[-1]

    result = compare(lambda seen: any(event.name == "vae" for event in seen))
    assert result.cancelled and {event.name for event in seen[:-1]} == {"map", "vae"}
    result = compare(lambda seen: any(event.name == "faces" for event in seen))
    faces = [event for event in seen[:-1] if event.name == "faces"]
    assert result.cancelled and faces[-1].finished and len(faces[-1].pictures) == 1 and seen[-2] is faces[-1]


@pytest.mark.parametrize(
    ("request_", "error", "sentence"),
    [
        ({"count": 0}, RecipeError, "1 to 8"),
        ({"count": 9}, RecipeError, "1 to 8"),
        ({"seed": 2**32}, RecipeError, "seed"),
        ({"attributes": {"Tall": 1}}, AttributeValueError, "Tall"),
        ({"attributes": {"Male": 2}}, AttributeValueError, "outside"),
        ({"attributes": {"Male": 1}, "prompt": "a man"}, RecipeError, "one of them alone"),
        ({"rows": ("dalle",)}, RecipeError, "there are map, vae, gan"),
    ],
)
def test_requests_that_do_not_fit_are_refused(pipeline, request_, error, sentence):
    with pytest.raises(error, match=sentence):
        list(pipeline.compare(CompareRequest(**request_)))


def test_a_photo_without_a_face_is_refused_where_faces_are_aligned(detector_checkpoints, tmp_path):
    request = CompareRequest(photo=photo(), align=True, count=1)
    with pytest.raises(PictureError, match="No face was found"):
        list(pipeline_of(detector_checkpoints, tmp_path).compare(request))


def test_photographs_stand_first_where_the_data_is(root, atlases, synthetic_celeba):
    pipeline = pipeline_of(root, atlases, synthetic_celeba)
    rows, _ = compared(pipeline, count=2, attributes={"Smiling": 1}, rows=("real",))
    assert pipeline.rows()[0].name == "real"
    assert len(rows["real"].pictures) == 2 and rows["real"].given == "Closest labels"
    other, _ = compared(pipeline, count=2, seed=1, rows=("real",))
    assert other["real"].pictures[0].image.tobytes() != rows["real"].pictures[0].image.tobytes()
    broken, _ = compared(pipeline_of(root, atlases, synthetic_celeba / "nothing"), count=1, rows=("real", "vae"))
    assert "LATENTSCAPE_DATA" in broken["real"].problem and broken["vae"].pictures


def test_closest_rows_agree_best_and_vary_with_the_seed():
    labels = np.where(np.random.default_rng(0).random((200, attributes.COUNT)) < 0.5, 1, -1)
    wanted = attributes.vector({"Male": 1, "Bangs": -1})
    rows = attributes.closest(labels, wanted, 8, 0)
    assert (labels[rows][:, attributes.INDEX["Male"]] == 1).all()
    assert (labels[rows][:, attributes.INDEX["Bangs"]] == -1).all()
    assert set(rows) != set(attributes.closest(labels, wanted, 8, 1))


def test_drawn_combinations_are_as_frequent_as_in_the_data():
    random = np.random.default_rng(0)
    drawn = np.stack([draw_attributes(random) for _ in range(2000)]) > 0
    first = read_tree()[0]
    assert drawn[:, attributes.INDEX[first.name]].mean() == pytest.approx(first.present, abs=0.04)
    men, lipstick = drawn[:, attributes.INDEX["Male"]], drawn[:, attributes.INDEX["Wearing_Lipstick"]]
    assert lipstick[~men].mean() > 5 * lipstick[men].mean()


def test_a_game_is_balanced_repeats_and_goes_by_seed(root, atlases, synthetic_celeba):
    pipeline = pipeline_of(root, atlases, synthetic_celeba)
    rounds = list(pipeline.play(GameRequest(seed=5)))
    made = Counter(round_.maker for round_ in rounds)
    assert made == {"real": 5, **dict.fromkeys(DRAWN, 1)}
    assert {round_.image.size for round_ in rounds} == {(64, 64)}
    again = list(pipeline.play(GameRequest(seed=5, rounds=10)))
    assert [(a.maker, a.image.tobytes()) for a in again] == [(a.maker, a.image.tobytes()) for a in rounds]
    orders = {tuple(round_.maker for round_ in pipeline.play(GameRequest(seed, 2))) for seed in range(6)}
    assert len(orders) > 2


def test_a_game_without_data_asks_for_the_generator(pipeline, tiny_checkpoints, tmp_path):
    assert set(pipeline.players()) == set(DRAWN)
    assert not [1 for round_ in pipeline.play(GameRequest(rounds=5)) if round_.maker == "real"]
    for name in ("autoencoder-kl", "autoencoder-vae", "classifier"):
        shutil.copytree(tiny_checkpoints / name, tmp_path / "root" / name)
    with pytest.raises(CheckpointError, match="two makers"):
        list(pipeline_of(tmp_path / "root", tmp_path).play(GameRequest()))
    with pytest.raises(RecipeError, match="1 to 20"):
        GameRequest(rounds=21)
