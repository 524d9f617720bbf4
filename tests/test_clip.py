"""CLIP in our size: it spells any text, learns what captions tokenised, resumes exactly, and opens without us."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import tiny_text
import torch
from PIL import Image
from tiny_sets import rows_of
from transformers import CLIPModel, CLIPProcessor

from core import checkpoints
from core.captions.sentences import Caption
from core.images import to_tensor
from core.models.clip import LENGTH, build_tokenizer, embed_pictures, embed_texts, load_clip, tokenise, tokens_of
from core.pipelines.models.pipeline import Curve
from core.training import clip
from ui.models.charts import paired


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_text.tokenizer()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_text.clip_folder(tmp_path_factory.mktemp("clip"))


@pytest.mark.parametrize("text", ["naïve 😀 улыбка", "笑顔", "zxqj!? 123", "a smiling woman", "\u200b\x7f"])
def test_any_text_is_spelled_without_losses(tokenizer, text):
    ids = tokenizer(text).input_ids
    assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id
    assert tokenizer.eos_token_id not in ids[1:-1]  # an unknown byte would end the sentence there
    assert tokenizer.decode(ids, skip_special_tokens=True).replace(" ", "") == text.replace(" ", "")


def test_frequent_words_are_one_token_and_length_is_cut(tokenizer):
    assert len(tokenizer("a smiling woman wearing glasses").input_ids) == 5 + 2
    tokens = tokens_of(tokenizer, ["woman " * 10_000, ""], full=True)
    assert tokens.shape == (2, LENGTH) and (tokens[:, -1] == tokenizer.eos_token_id).all()


def test_threads_that_tokenise_at_once_get_what_each_gets_alone(tokenizer):
    """A tokenizer keeps the padding of a call, and refuses to change it while another thread uses it."""
    texts = ["a smiling woman", "a plate of sushi", "a man with a beard"] * 10

    def lengths(number: int) -> list[int]:
        full, offsets = bool(number % 2), number % 4 < 2
        return [tokenise(tokenizer, texts, full=full, offsets=offsets).input_ids.shape[1] for _ in range(60)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lengths, range(8)))
    assert found == [[LENGTH if number % 2 else 7] * 60 for number in range(8)]


def test_the_same_sentences_give_the_same_tokens(tokenizer):
    assert tiny_text.tokenizer().get_vocab() == tokenizer.get_vocab()
    assert build_tokenizer(["a face"], 1024)("a face!").input_ids[1:-1]


def test_a_caption_fits_every_picture_that_it_describes():
    sets = tiny_text.picture_sets()
    sources = clip.Sources.of(sets)
    captions = [Caption("a smiling man", {"Smiling": 1.0, "Male": 1.0}), Caption("a man", {"Male": 1.0})]
    captions += [Caption("pizza", food="pizza"), Caption("pizza", food="pizza"), Caption("sushi", food="sushi")]
    batch = clip.tokenised(captions, sources, tiny_text.tokenizer())
    labels = torch.zeros(2, 40)
    labels[:, 20] = 1  # Male
    labels[:, 31] = torch.tensor([1, -1])  # Smiling
    matches = clip.matching(batch, labels)
    assert matches.tolist() == [
        [True, False, False, False, False],
        [True, True, False, False, False],
        [False, False, True, True, False],
        [False, False, True, True, False],
        [False, False, False, False, True],
    ]
    even = clip.contrastive(torch.zeros(5, 5), matches)
    assert float(even) == pytest.approx(math.log(5), abs=1e-5)
    assert clip.contrastive(50.0 * matches, matches) < even


def test_it_learns_what_captions_say(tmp_path, tokenizer):
    preset = clip.PRESETS["smoke"]
    config = replace(preset.loop, steps=60, batch_size=32, learning_rate=4e-3, ema_decay=0.8, validate_every=60)
    sets = tiny_text.picture_sets()
    clip.train_clip(sets, replace(preset, loop=replace(config, log_every=10)), tmp_path, tokenizer=tokenizer)
    rows = rows_of(tmp_path)
    assert rows[-2]["loss"] < rows[0]["loss"] - 0.4
    validated = rows[-1]
    assert validated["val_classes"] == 1.0 and validated["val_auc"] > 0.75
    assert validated["val_mean_of_auc_and_classes"] == pytest.approx((validated["val_auc"] + 1) / 2, abs=1e-5)
    assert "val_loss" not in validated  # nothing is validated that the training loss could be charted beside
    assert (tmp_path / "best").is_dir()


def test_no_curve_of_the_shipped_clip_is_charted_as_a_loss_that_is_none():
    curves = checkpoints.read_json(checkpoints.root() / "clip" / "training.json")["curves"]
    charts = paired({name: Curve(curve["steps"], curve["values"]) for name, curve in curves.items()})
    assert set(charts["loss"]) == {"training"} and min(charts["loss"]["training"].values) > 0
    negative = charts["negative_mean_of_auc_and_classes"]["validation"].values
    auc, classes = (charts[name]["validation"].values for name in ("auc", "classes"))
    assert negative == pytest.approx([-(a + c) / 2 for a, c in zip(auc, classes, strict=True)], abs=1e-5)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path, tokenizer):
    sets, preset = tiny_text.picture_sets(), clip.PRESETS["smoke"]
    whole = clip.train_clip(sets, preset, tmp_path / "whole", tokenizer=tokenizer)
    clip.train_clip(sets, preset, tmp_path / "broken", tokenizer=tokenizer, until=2)
    resumed = clip.train_clip(sets, preset, tmp_path / "broken", resume=True)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "broken")
    for a, b in zip(whole.averaged().parameters(), resumed.averaged().parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_locked_text_tower_stays_while_larger_pictures_teach_the_other(folder, tmp_path):
    small = tiny_text.picture_sets()
    large = {kind: replace(one, pixels=one.pixels.repeat(2, 1).repeat(2, 2)) for kind, one in small.items()}
    before, _ = load_clip(folder)
    after = clip.train_clip(large, clip.PRESETS["smoke"], tmp_path, start=folder).averaged().state_dict()
    for name, value in before.state_dict().items():
        if value.is_floating_point() and value.ndim == 2:
            stays = name.startswith(("text_model", "text_projection"))
            assert torch.equal(after[name].half(), value.half()) == stays, name
    seen = [embed_pictures(before, to_tensor(each["celeba"].pixels[:4])) for each in (small, large)]
    assert (seen[0] * seen[1]).sum(dim=1).min() > 0.98  # one is the other enlarged


def test_the_folder_opens_without_us_and_says_the_same(folder):
    model, tokenizer = load_clip(folder)
    image = Image.fromarray(tiny_text.picture_sets()["celeba"].pixels[0])
    plain, processor = CLIPModel.from_pretrained(folder, dtype=torch.float32), CLIPProcessor.from_pretrained(folder)
    given = processor(text=["a smiling man"], images=image, return_tensors="pt", padding=True)
    with torch.no_grad():
        theirs = plain(**given)
    assert torch.allclose(theirs.image_embeds, embed_pictures(model, to_tensor(np.asarray(image))), atol=1e-5)
    assert torch.allclose(theirs.text_embeds, embed_texts(model, tokens_of(tokenizer, ["a smiling man"])), atol=1e-5)


def test_figures_are_measured_on_the_test_part(folder):
    figures = checkpoints.read_json(folder / "metrics.json")
    assert figures["part"] == "test" and figures["faces"] == 8 and figures["foods"] == 8
    assert set(figures["retrieval"]["exact"]) == {"1", "5", "10"}
    assert figures["retrieval"]["exact"]["10"] == 1.0  # of eight pictures
    assert figures["retrieval"]["matching"]["1"] >= figures["retrieval"]["exact"]["1"]


def test_missing_and_damaged_folders_are_refused_with_a_sentence(folder, tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match="train_clip"):
        load_clip(tmp_path / "clip")
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(checkpoints.CheckpointError, match="cannot be opened"):
        load_clip(tmp_path)
