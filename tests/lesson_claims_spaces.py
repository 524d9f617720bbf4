"""What the cards about spaces and styles say, one check for each, on the shipped models."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
from lesson_claims import SHIPPED, apart, atlas, claim, drawn, faces, latent_map, levels, pool
from PIL import Image

from core.latents.surgery import Surgery
from core.pipelines.latent_map.requests import ClusterRequest, PathRequest, Stop, WalkRequest
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import Reconstruction, ReconstructionRequest, SurgeryRequest

ROWS = (40, 2600)  # of the map: the two faces that a lesson walks between


@cache
def reconstruction() -> ReconstructionPipeline:
    return ReconstructionPipeline(pool=pool())


@cache
def flower() -> Image.Image:
    from ui.reconstruction.table import Examples

    return Examples(faces()).picture("flower.jpg")


def kept(picture: Image.Image, model: str) -> Reconstruction:
    return reconstruction().reconstruct(ReconstructionRequest(picture, model))


def first_face() -> Image.Image:
    return drawn()[0].image


# --- What does an autoencoder keep? -----------------------------------------------------------------------------------
@claim
def few_numbers_keep_the_face():
    found = kept(first_face(), "cae")
    assert found.latents.size == 128 and found.latents.size < levels(found.before).size / 20
    others = [apart(found.after, drawn(seed=seed)[0].image) for seed in (28, 29, 30)]
    assert apart(found.after, found.before) < 0.6 * min(others) and 15 < found.psnr < 35


@claim
def more_numbers_keep_more():
    models = {key: kept(first_face(), key) for key in ("cae", "vae", "kl")}
    assert models["kl"].latents.size > 10 * models["cae"].latents.size == 10 * models["vae"].latents.size
    assert models["kl"].psnr > max(models["cae"].psnr, models["vae"].psnr) + 3


@claim
def faces_come_out_better_than_a_flower():
    for key in ("cae", "vae"):
        assert kept(first_face(), key).psnr > kept(flower(), key).psnr + 0.5


@claim
def every_number_is_everywhere():
    plain = kept(first_face(), "cae")
    changed = reconstruction().operate(SurgeryRequest(first_face(), "cae", Surgery(silence=tuple(range(64)))))
    moved = np.abs(levels(changed.after) - levels(plain.after)).mean(axis=2)
    quarters = [part.mean() for half in np.array_split(moved, 2) for part in np.array_split(half, 2, axis=1)]
    assert min(quarters) > 3 and min(quarters) > 0.2 * max(quarters)


@claim
def halfway_is_a_face():
    """An autoencoder gives its own picture back nearly unchanged, and a double exposure not."""
    path = latent_map().path(PathRequest(atlas(), "vae", "umap2", tuple(Stop(row) for row in ROWS), frames=3))
    start, middle, end = (kept(picture, "vae").before for picture in path.pictures)
    double = Image.fromarray(((levels(start) + levels(end)) / 2).round().astype(np.uint8))
    assert path.decoded and kept(middle, "vae").psnr > kept(double, "vae").psnr
    assert min(apart(middle, start), apart(middle, end)) > 5


@claim
def empty_places_decode():
    points = latent_map().points(atlas(), "vae", "umap2").places
    found = latent_map().decode_at(atlas(), "vae", "umap2", points[list(ROWS)].mean(axis=0).tolist())
    near = latent_map().picture(atlas(), found.rows[0]).resize(found.picture.size)
    assert found.decoded and apart(found.picture, near) > 5


@claim
def near_is_alike():
    near = {one.space: one for one in latent_map().neighbours(atlas(), ROWS[0], 8)}["vae"]
    assert _distance(ROWS[0], near.rows) < 0.85 * _distance(ROWS[0], range(0, 4000, 100))


# --- Walking a latent space -------------------------------------------------------------------------------------------
def _distance(row: int, others) -> float:
    """Mean difference of a picture of the map from others, in levels."""
    here = latent_map().picture(atlas(), row)
    return float(np.mean([apart(here, latent_map().picture(atlas(), other)) for other in others]))


@claim
def neighbours_share_pixels():
    near = {one.space: one for one in latent_map().neighbours(atlas(), 100, 8)}["cae"]
    assert _distance(100, near.rows) < 0.85 * _distance(100, range(0, 4000, 100))


@claim
def spaces_disagree():
    shared = []
    for row in range(100, 1100, 100):
        near = {one.space: set(one.rows) for one in latent_map().neighbours(atlas(), row, 8)}
        shared.append(len(near["cae"] & near["clip"]))
    assert np.mean(shared) < 2 and shared[0] <= 3


@claim
def small_steps():
    path = latent_map().path(PathRequest(atlas(), "vae", "pca2", (Stop(100), Stop(2600)), frames=16))
    steps = [apart(a, b) for a, b in zip(path.pictures, path.pictures[1:], strict=False)]
    assert max(steps) < 0.25 * apart(path.pictures[0], path.pictures[-1])


@claim
def the_direction_smiles():
    from core.pipelines.prompts.readback import PictureReader

    found = latent_map().walk(WalkRequest(atlas(), "vae", "pca2", Stop(100), "Smiling", frames=5))
    seen = [PictureReader(pool()).readback(picture, "").attributes["Smiling"] for picture in found.pictures]
    assert seen[-1] > seen[0] + 0.3


@claim
def two_axes_hold_little():
    assert sum(latent_map().points(atlas(), "vae", "pca2").explained) < 0.5


@claim
def clusters_are_not_kinds():
    found = latent_map().clusters(ClusterRequest(atlas(), "vae", "kmeans", 8))
    assert len(found.clusters) == 8 and found.silhouette < 0.15


# --- Words and pictures in one space ----------------------------------------------------------------------------------
@cache
def prompts():
    from core.pipelines.prompts.pipeline import PromptsPipeline

    return PromptsPipeline(None, "text", pool(), faces().library)


@cache
def sentence(prompt: str, seed: int) -> Image.Image:
    from core.pipelines.prompts.types import PromptRequest

    *_, result = prompts().draw(PromptRequest.of(text_recipe(seed), prompt), previews=False)
    return result.drawings[0].image


def text_recipe(seed: int):
    from dataclasses import replace

    return replace(prompts().usual(), seed=seed, steps=6)


@claim
def words_find_faces():
    found = latent_map().search(atlas(), "an old man with gray hair", by_words=True).rows[:50]
    for name, sign in (("Young", -1), ("Male", 1), ("Gray_Hair", 1)):
        values = latent_map().colour(atlas(), "clip", f"measured:{name}").values
        assert sign * (np.mean(values[found]) - np.mean(values)) > 0.2, name


@claim
def clip_has_no_decoder():
    clip = next(one for one in latent_map().open(atlas()).spaces if one.key == "clip")
    points = latent_map().points(atlas(), "clip", "umap2").places
    found = latent_map().decode_at(atlas(), "clip", "umap2", points[list(ROWS)].mean(axis=0).tolist())
    assert not clip.decodes and not found.decoded


@claim
def the_own_words_score_higher():
    own = "a smiling woman with blond hair"
    mine, other = (prompts().readback(sentence(own, 7), words).score for words in (own, "a bowl of ramen"))
    assert mine > other + 0.2


@claim
def unknown_words_are_marked():
    text = "a smiling woman on a motorcycle"
    parsed = prompts().parse(text)
    assert [text[span[0] : span[1]] for span in parsed.unknown] == ["motorcycle"]
    assert parsed.attributes["Smiling"] == 1 and parsed.attributes["Male"] == -1


@claim
def scores_differ():
    words = "an old man with a beard"
    scores = prompts().reader.scores([sentence(words, seed) for seed in (7, 8, 9)], words)
    assert max(scores) - min(scores) > 0.01


# --- A style in 300 steps ---------------------------------------------------------------------------------------------
@cache
def pencil():
    from core.models.adapter_files import read_adapter

    return read_adapter(SHIPPED / "styles" / "pencil")


def styled(**weights: float) -> Image.Image:
    return drawn(styles=weights)[0].image


@claim
def a_style_is_small():
    training = json.loads((SHIPPED / "styles" / "pencil" / "training.json").read_text())
    assert training["steps"] == 300 and training["data"]["train"] == 400
    network = sum(one.numel() for one in pool().get("faces").parameters())
    change = sum(half.numel() for one in pencil().layers.values() for half in (one.down, one.up))
    assert change < 0.1 * network and apart(styled(pencil=1.0), first_face()) > 15


@claim
def rank_is_the_inner_size():
    assert pencil().rank == 2
    assert all(one.down.shape[0] == one.up.shape[1] <= 2 for one in pencil().layers.values())


@claim
def half_a_style_is_on_the_way():
    assert apart(styled(pencil=0.0), first_face()) == 0
    assert 0 < apart(styled(pencil=0.5), first_face()) < apart(styled(pencil=1.0), first_face())


@claim
def below_zero_goes_the_other_way():
    plain = levels(first_face())
    towards, away = (levels(styled(pencil=weight)) - plain for weight in (1.0, -0.5))
    assert np.corrcoef(towards.ravel(), away.ravel())[0, 1] < 0


@claim
def two_styles_mix():
    both, one, other = styled(pencil=0.6, neon=0.6), styled(pencil=0.6), styled(neon=0.6)
    assert min(apart(both, one), apart(both, other)) > 5
    assert max(apart(both, one), apart(both, other)) < 4 * apart(one, other)


@claim
def teaching_trains_the_matrices_alone():
    from core.models import FaceUNet
    from core.models.adapters import AdapterFactors
    from core.models.face_unet import PRESETS

    network = FaceUNet(latent_channels=4, **PRESETS["tiny"])
    factors = AdapterFactors(network, ["conv1", "conv2"], 2, {})
    assert {name.split(".")[0] for name, _ in factors.named_parameters()} == {"down", "up"}
    trained = sum(one.numel() for one in factors.parameters())
    assert 0 < trained < 0.5 * sum(one.numel() for one in network.parameters())


# --- Whose faces are these? -------------------------------------------------------------------------------------------
@claim
def the_unknown_becomes_the_known():
    """The classifier finds more of a face in what comes back than in the flower itself: more distant from the flower
    than the other models' reconstructions, in its embedding."""
    distances = {key: kept(flower(), key).embedding_distance for key in ("vae", "kl")}
    assert distances["vae"] > 2 * distances["kl"]
