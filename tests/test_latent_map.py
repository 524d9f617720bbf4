"""The Latent map's pipeline on tiny real encoders: requests good and forged."""

from __future__ import annotations

import io
import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import attributes, data
from core.checkpoints import save_model
from core.latents.atlas import Atlas
from core.latents.projection import fit
from core.models import FlatAutoencoder
from core.networks.pool import pool_of
from core.pipelines.latent_map.build import Pictures, assemble, encode_pictures
from core.pipelines.latent_map.engine import LatentMapEngine, at_side
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.requests import ClusterRequest, PathRequest, Stop, WalkRequest
from core.pipelines.latent_map.types import LatentMapError
from core.recipe import Recipe, to_json

SPACES = ["cae", "vae", "kl", "kl-pooled", "classifier"]


def test_every_encoder_sees_the_pictures_at_its_own_size(tiny_checkpoints):
    engine = LatentMapEngine(pool_of(tiny_checkpoints))
    large = np.random.default_rng(3).integers(0, 255, (2, 128, 128, 3), np.uint8)
    reduced, seen = (engine.encode(pixels, SPACES, errors=True) for pixels in (large, at_side(large, 64)))
    for key in SPACES:
        np.testing.assert_allclose(reduced.vectors[key], seen.vectors[key], atol=1e-5)
    assert {key: values.shape for key, values in reduced.psnr.items()} == dict.fromkeys(["cae", "vae", "kl"], (2,))


@pytest.fixture(scope="module")
def atlases(tiny_checkpoints, synthetic_celeba, tmp_path_factory) -> Path:
    """A folder with one atlas of 48 drawn faces, said to be generated, with t-SNE beside PCA."""
    source = data.load("celeba", synthetic_celeba, 64, tmp_path_factory.mktemp("cache"))
    pictures = Pictures(
        np.asarray(source.pixels),
        "Drawn faces",
        "generated",
        requested=source.attributes.astype(np.int8),
        seeds=np.arange(100, 100 + len(source)),
        recipe=to_json(Recipe(steps=4)),
        command="python scripts/build_atlas.py --generate 48 --out faces",
    )
    *_, arrays = encode_pictures(LatentMapEngine(pool_of(tiny_checkpoints)), pictures.pixels, errors=True)
    *_, atlas = assemble(tiny_checkpoints, pictures, arrays)
    atlas.measured = np.where(source.attributes > 0, 240, 15).astype(np.uint8)  # the tiny classifier knows nothing
    for space in atlas.spaces.values():
        space.places["tsne2"] = fit("tsne2", space.reduced)
    folder = tmp_path_factory.mktemp("atlases")
    atlas.save(folder / "faces")
    return folder


@pytest.fixture(scope="module")
def latent_map(tiny_checkpoints, atlases) -> LatentMapPipeline:
    return LatentMapPipeline(tiny_checkpoints, atlases)


def test_the_chooser_knows_every_space(latent_map):
    (info,) = latent_map.atlases()
    assert (info.name, info.title, info.count, info.kind) == ("faces", "Drawn faces", 48, "generated")
    assert [space.key for space in info.spaces] == SPACES and not info.problem and not info.notes
    assert [space.decodes for space in info.spaces] == [True, True, True, False, False]
    assert info.space("kl").projections == ("pca2", "pca3", "tsne2") and info.space("kl").dimensions == 4 * 16 * 16
    assert not info.space("vae").problem and info.requested


def test_points_thumbnails_and_colours_fit_together(latent_map):
    for projection, width in (("pca2", 2), ("pca3", 3), ("tsne2", 2)):
        places = latent_map.points("faces", "vae", projection).places
        assert places.shape == (48, width) and np.isfinite(places).all()
    assert sum(latent_map.points("faces", "vae", "pca2").explained) <= 1
    assert latent_map.sheet("faces", 0)[8:12] == b"WEBP"
    for by, title in latent_map.colourings("faces", "kl"):
        colouring = latent_map.colour("faces", "kl", by)
        assert colouring.values.shape == (48,) and colouring.title == title
    assert {"error", "density", "cluster:kmeans", "requested:Smiling"} <= {
        by for by, _ in latent_map.colourings("faces", "kl")
    }
    assert "error" not in dict(latent_map.colourings("faces", "classifier"))
    with pytest.raises(LatentMapError, match="cannot be coloured"):
        latent_map.colour("faces", "kl", "measured:Nose")


def test_a_point_says_everything_and_can_be_drawn_again(latent_map):
    card = latent_map.point("faces", 3)
    assert card.picture.size == (64, 64) and card.name == "seed 103"
    assert card.recipe.seed == 103 and card.recipe.steps == 4 and card.recipe.attributes == card.requested
    assert len(card.measured) == 40 and (card.measured["Smiling"] > 0.5) == (card.requested["Smiling"] > 0)


@pytest.mark.parametrize("projection", ["pca2", "pca3", "tsne2"])
@pytest.mark.parametrize("space", SPACES)
def test_any_place_is_answered(latent_map, space, projection):
    places = latent_map.points("faces", space, projection).places
    found = latent_map.decode_at("faces", space, projection, places[:2].mean(axis=0))
    assert found.decoded == (space in ("cae", "vae", "kl"))
    assert found.picture.size == ((64, 64) if found.decoded else (48, 48))
    assert 0 <= found.uncertainty <= 1 and found.place == pytest.approx(places[:2].mean(axis=0), abs=1e-4)
    assert all(0 <= row < 48 for row in found.rows)
    again = latent_map.decode_at("faces", space, projection, places[:2].mean(axis=0))
    assert again.picture.tobytes() == found.picture.tobytes()


def test_on_a_picture_of_a_map_without_inverse_that_picture_is_decoded(latent_map):
    place = latent_map.points("faces", "kl", "tsne2").places[9]
    there, itself = (
        latent_map.decode_at("faces", "kl", "tsne2", place),
        latent_map.decode_row("faces", "kl", "tsne2", 9),
    )
    difference = np.abs(np.asarray(there.picture, float) - np.asarray(itself.picture, float))
    assert there.rows[0] == 9 and difference.mean() < 2


@pytest.mark.parametrize("way", ["linear", "spherical", "data"])
@pytest.mark.parametrize("space", ["vae", "classifier"])
def test_a_path_runs_from_stop_to_stop(latent_map, space, way):
    place = tuple(latent_map.points("faces", space, "tsne2").places[20])
    request = PathRequest("faces", space, "tsne2", (Stop(row=1), Stop(place=place), Stop(row=30)), way, 7)
    found = latent_map.path(request)
    assert len(found.pictures) == 7 and found.trail.shape == (7, 2) and found.length > 0
    ends = latent_map.points("faces", space, "tsne2").places[[1, 30]]
    assert found.trail[[0, -1]] == pytest.approx(ends, abs=0.05)
    assert found.rows[0] == 1 and found.rows[-1] == 30 and found.decoded == (space == "vae")


@pytest.mark.parametrize("method", ["probe", "mean"])
def test_a_walk_crosses_the_boundary_where_it_says(latent_map, method):
    base = WalkRequest("faces", "kl", "pca2", Stop(row=2), "Blond_Hair", method)
    turn = latent_map.walk(base).boundary
    assert turn is not None
    low, high = sorted((turn - 0.5, turn + 0.5))
    found = latent_map.walk(WalkRequest("faces", "kl", "pca2", Stop(row=2), "Blond_Hair", method, low, high, 5))
    assert found.strengths[2] == pytest.approx(turn) and found.probabilities[2] == pytest.approx(0.5, abs=1e-3)
    assert found.probabilities[0] < 0.5 < found.probabilities[-1] and len(found.pictures) == 5


def test_a_direction_says_what_it_moves(latent_map):
    info = latent_map.direction("faces", "kl", "Blond_Hair", "mean")
    strengths = [abs(cosine) for _, cosine in info.entangled]
    assert strengths == sorted(strengths, reverse=True) and "Blond_Hair" not in dict(info.entangled)
    assert info.present + info.absent == 48


@pytest.mark.parametrize(("method", "count"), [("kmeans", 4), ("mixture", 3), ("hdbscan", 3), ("kmeans", 8)])
def test_clusters_cover_the_atlas(latent_map, method, count):
    found = latent_map.clusters(ClusterRequest("faces", "vae", method, count))
    assert sum(card.size for card in found.clusters) + found.noise == 48 == len(found.labels)
    for card in found.clusters:
        assert found.labels[card.medoid] == card.number and card.rows[0] == card.medoid
        assert card.mean.size == (64, 64) and all(0 <= trait.p_value <= 1 for trait in card.traits)
    if method != "hdbscan":
        assert len(found.clusters) == count


def test_the_number_of_clusters_can_be_chosen_by_silhouette_and_elbow(latent_map):
    choice = latent_map.count_choice("faces", "vae", counts=(2, 3, 5))
    assert choice.counts == (2, 3, 5) and choice.suggested in choice.counts and np.all(np.diff(choice.elbow) < 0)
    with pytest.raises(LatentMapError, match="HDBSCAN"):
        latent_map.count_choice("faces", "vae", "hdbscan")


def test_a_lasso_learns_what_it_holds(latent_map):
    bald = latent_map.search("faces", "bald").rows
    selection = latent_map.describe("faces", "kl", bald)
    first = selection.traits[0]
    assert (first.name, first.share, first.significant) == ("Bald", 1.0, True) and first.lift > 1
    assert selection.medoid in bald and selection.size == len(bald) and selection.mean.size == (64, 64)
    assert latent_map.describe("faces", "classifier", [5, 5, 6]).size == 2


LABELS = {"smiling": "Smiling", "eyeglasses": "Eyeglasses", "young": "Young", "male": "Male", "hat": "Wearing_Hat"}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("smiling", lambda s, e, y, m, h: s),
        ("eyeglasses and not young", lambda s, e, y, m, h: e & ~y),
        ("Eyeglasses, not Young", lambda s, e, y, m, h: e & ~y),
        ("glasses without hat", lambda s, e, y, m, h: e & ~h),
        ("smiling or eyeglasses and hat", lambda s, e, y, m, h: s | (e & h)),
        ("(smiling or eyeglasses) and hat", lambda s, e, y, m, h: (s | e) & h),
        ("not (smiling or young)", lambda s, e, y, m, h: ~(s | y)),
        ("old woman with glasses", lambda s, e, y, m, h: ~y & ~m & e),
        ("-young +Wearing_Hat", lambda s, e, y, m, h: ~y & h),
    ],
)
def test_search_understands(latent_map, atlases, expression, wanted):
    atlas = Atlas.open(atlases / "faces")
    columns = [atlas.present()[:, attributes.INDEX[name]] for name in LABELS.values()]
    assert (latent_map.search("faces", expression).rows == np.flatnonzero(wanted(*columns))).all()


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "Write what to look for"),
        ("zebra", "'zebra' is not known"),
        ("smiling and", "missing at the end"),
        ("or smiling", "missing before 'or'"),
        ("(smiling", "bracket is open"),
        ("smiling)", "too many"),
        ("not " * 40 + "young", "longer than|too many brackets"),
        ("(" * 100, "too many brackets"),
        ("x" * 300, "longer"),
    ],
)
def test_search_says_what_it_stumbled_over(latent_map, expression, said):
    with pytest.raises(LatentMapError, match=said):
        latent_map.search("faces", expression)


def test_neighbours_and_outliers(latent_map):
    for found in latent_map.neighbours("faces", 7, 5):
        assert len(found.rows) == 5 and 7 not in found.rows and list(found.distances) == sorted(found.distances)
    odd = latent_map.outliers("faces", "kl", 6)
    assert len(odd.outliers) == 6 and odd.density.shape == (48,) and list(odd.factors) == sorted(odd.factors)[::-1]


def test_a_picture_from_elsewhere_is_located_beside_itself(latent_map, atlases, synthetic_celeba, tmp_path):
    with zipfile.ZipFile(synthetic_celeba / "img_align_celeba.zip") as archive:
        picture = Image.open(io.BytesIO(archive.read("img_align_celeba/000013.jpg")))
    for found in latent_map.locate("faces", picture):
        assert found.rows[0] == 12, found.space
        places = latent_map.points("faces", found.space, "tsne2").places
        apart = np.linalg.norm(places - np.asarray(found.places["tsne2"]), axis=1)
        assert (apart < apart[12]).sum() < 5, found.space  # of 48; how far t-SNE spreads them differs by processor


@pytest.mark.parametrize(
    "send",
    [
        lambda e: e.point("faces", 48),
        lambda e: e.point("faces", -1),
        lambda e: e.point("faces", "3"),
        lambda e: e.point("faces", True),
        lambda e: e.point("../faces", 0),
        lambda e: e.points("faces", "clip", "pca2"),
        lambda e: e.points("faces", "vae", "pca9"),
        lambda e: e.points("faces", "vae", "umap2"),
        lambda e: e.sheet("faces", 99),
        lambda e: e.describe("faces", "vae", []),
        lambda e: e.describe("faces", "vae", [0, 10**9]),
        lambda e: e.describe("faces", "vae", ["a"]),
        lambda e: e.describe("faces", "vae", [0.5]),
        lambda e: e.decode_at("faces", "vae", "pca2", (1.0,)),
        lambda e: e.decode_at("faces", "vae", "pca2", (float("nan"), 0)),
        lambda e: e.decode_at("faces", "vae", "pca2", ("x", "y")),
        lambda e: e.path(PathRequest("faces", "vae", "pca2", (Stop(row=1),))),
        lambda e: e.path(PathRequest("faces", "vae", "pca2", (Stop(row=1), Stop()))),
        lambda e: e.path(PathRequest("faces", "vae", "pca2", (Stop(row=1), Stop(row=2)), "astray")),
        lambda e: e.path(PathRequest("faces", "vae", "pca2", (Stop(row=1), Stop(row=2)), frames=10**6)),
        lambda e: e.walk(WalkRequest("faces", "vae", "pca2", Stop(row=1), "Nose")),
        lambda e: e.walk(WalkRequest("faces", "vae", "pca2", Stop(row=1), "Smiling", low=2.0, high=1.0)),
        lambda e: e.clusters(ClusterRequest("faces", "vae", "kmeans", 49)),
        lambda e: e.clusters(ClusterRequest("faces", "vae", "kmeans", 0)),
        lambda e: e.clusters(ClusterRequest("faces", "vae", "magic", 3)),
    ],
)
def test_what_is_forged_is_refused_with_a_sentence(latent_map, send):
    with pytest.raises(LatentMapError, match=r"\.$|:"):
        send(latent_map)


def test_other_weights_are_noticed_and_the_map_stays(tiny_checkpoints, atlases, tmp_path):
    other = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, other)
    shutil.rmtree(other / "autoencoder-cae")
    with torch.random.fork_rng():
        torch.manual_seed(4)
        save_model(FlatAutoencoder(True, code_dim=16, widths=(16, 16, 16)).eval(), other / "autoencoder-vae")
    latent_map = LatentMapPipeline(other, atlases)
    info = latent_map.open("faces")
    assert "Build it again with: python scripts/build_atlas.py --generate 48" in info.space("vae").problem
    assert "train_autoencoder" in info.space("cae").problem and not info.space("kl").problem
    assert latent_map.points("faces", "vae", "pca2").places.shape == (48, 2)
    with pytest.raises(LatentMapError, match="Build it again"):
        latent_map.decode_at("faces", "vae", "pca2", (0, 0))
    assert all(card.mean is None for card in latent_map.clusters(ClusterRequest("faces", "vae")).clusters)
    located = {found.space: found for found in latent_map.locate("faces", Image.new("RGB", (64, 64)))}
    assert located["vae"].problem and located["kl"].rows


def test_other_face_models_draw_no_recipes(tiny_checkpoints, atlases, tmp_path):
    other = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, other)
    shutil.rmtree(other / "faces")
    latent_map = LatentMapPipeline(other, atlases)
    assert latent_map.point("faces", 0).recipe is None and "draw them again" in latent_map.open("faces").notes[0]


def test_a_damaged_atlas_is_listed_with_its_problem(tiny_checkpoints, atlases, tmp_path):
    shutil.copytree(atlases / "faces", tmp_path / "broken")
    (tmp_path / "broken" / "kl.npy").write_bytes(b"")
    (info,) = LatentMapPipeline(tiny_checkpoints, tmp_path).atlases()
    assert info.name == "broken" and "Build it again" in info.problem
    assert "no atlas yet" in LatentMapPipeline(tiny_checkpoints, tmp_path / "nothing").missing()


def test_many_threads_get_what_one_gets(tiny_checkpoints, atlases):
    latent_map = LatentMapPipeline(tiny_checkpoints, atlases)
    request = PathRequest("faces", "kl", "tsne2", (Stop(row=1), Stop(row=40)), "data", 4)
    found, problems = [], []

    def send() -> None:
        try:
            found.append([picture.tobytes() for picture in latent_map.path(request).pictures])
            latent_map.clusters(ClusterRequest("faces", "vae", "kmeans", 5))
            latent_map.search("faces", "smiling")
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and len(found) == 6 and all(one == found[0] for one in found)
