"""Training a style: it learns, resumes exactly where it was killed, and refuses pictures that carry no style."""

import json
import runpy
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tiny_text import checkpoint_root

from core import checkpoints
from core.attributes import INDEX
from core.data import load
from core.data.framing import Framing
from core.data.sets import named_attributes
from core.data.style_photos import StyleError, check_photos, read_photos
from core.models.adapter_files import WEIGHTS, Adapter, AdapterError, LowRank, read_adapter
from core.models.adapters import EVERYWHERE, ActiveAdapter, Base, check_fit, merged, reduced, targeted
from core.reports.cards import model_card
from core.training.lora import train as lora
from core.training.lora.data import chosen_rows, open_base, photo_data, read_attributes, rendered_data
from core.training.lora.domain import domain_data, filter_portraits
from core.training.lora.export import export_style, sample_sheet, sampler
from core.training.lora.full_finetune import distilled, open_full
from core.training.lora.train import PRESETS, train_style

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
SMOKE = PRESETS["smoke"]
METADATA = {"title": "Neon", "renderer": "neon", "trigger": ""}


@pytest.fixture(scope="module")
def base(tiny_checkpoints):
    return open_base("faces", tiny_checkpoints)


@pytest.fixture(scope="module")
def data(base, synthetic_celeba, tmp_path_factory):
    celeba = load("celeba", synthetic_celeba, base.size, tmp_path_factory.mktemp("cache"))
    return rendered_data(base, {"celeba": celeba}, "neon", pictures=12)


def log_of(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def losses(run: Path) -> list[tuple[int, float]]:
    return [(row["step"], row.get("loss", row.get("val_loss"))) for row in log_of(run)]


def merged_change(adapter) -> torch.Tensor:
    """All updates of weights, one after the other."""
    return torch.cat([update.delta().flatten() for _, update in sorted(adapter.layers.items())])


def photos(count=6, size=64) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 255, (count, size, size, 3), dtype=np.uint8)


def trained(base, data, run: Path) -> list[float]:
    """Errors on held-out pictures of the style while it is learnt quickly."""
    loop = replace(SMOKE.loop, steps=40, validate_every=4, learning_rate=2e-2, ema_decay=0.5, batch_size=8)
    train_style(base, data, replace(SMOKE, rank=4, loop=loop), run, METADATA)
    return [row["val_loss"] for row in log_of(run) if "val_loss" in row]


def test_few_held_out_pictures_are_measured_at_many_levels(base):
    """One turn each would say more of their noise than of the train."""
    inputs = []

    def response(given):
        inputs.append(given)
        return torch.zeros_like(given[0])

    data = photo_data(base, photos(18), np.zeros((18, 40)))
    error = lora.held_out_error(base, response, data, torch.device("cpu"))
    ((x, t, conditioning),) = inputs
    assert len(data.val) == 3 and len(x) == len(conditioning) == 32 and len(t.unique()) == 32
    assert len({row.numpy().tobytes() for row in x}) == 32 and error > 0
    again = lora.held_out_error(base, response, data, torch.device("cpu"))
    assert again == error and torch.equal(inputs[0][0], inputs[1][0])


@pytest.mark.parametrize(("risen", "kept"), [(1.002, 6), (1.05, 4)])
def test_the_end_is_kept_unless_it_is_clearly_worse(base, tmp_path, monkeypatch, risen, kept):
    errors = iter([2.0, 1.0, risen])
    monkeypatch.setattr(lora, "held_out_error", lambda *_: next(errors))
    preset = replace(SMOKE, loop=replace(SMOKE.loop, steps=6, validate_every=2))
    data = photo_data(base, photos(), np.zeros((6, 40)))

    def show(model, step):
        model.save_pretrained(tmp_path / f"step-{step}")

    train_style(base, data, preset, tmp_path, METADATA, show=show)
    changes = {step: merged_change(read_adapter(tmp_path / f"step-{step}")) for step in (2, 4, 6)}
    best = merged_change(read_adapter(tmp_path / "best"))
    assert [step for step, change in changes.items() if torch.equal(change, best)] == [kept]


def test_a_style_is_learnt_and_the_base_stays(base, tmp_path):
    before = {name: value.clone() for name, value in base.network.state_dict().items()}
    error = trained(base, photo_data(base, photos(), np.zeros((6, 40))), tmp_path / "run")
    assert error[-1] < 0.9 * error[0]
    assert all(torch.equal(value, before[name]) for name, value in base.network.state_dict().items())
    adapter = read_adapter(tmp_path / "run" / "best")
    assert adapter.rank == 4 and adapter.metadata["renderer"] == "neon"
    check_fit(adapter, Base("faces", base.network, lambda: base.fingerprint))


def test_a_rendering_is_learnt_on_pictures_that_were_not_trained_on(base, data, tmp_path):
    error = trained(base, data, tmp_path / "run")
    assert error[-1] < 0.95 * error[0]


def test_a_killed_run_has_the_same_curve_and_the_same_weights(base, data, tmp_path):
    train_style(base, data, SMOKE, tmp_path / "whole", METADATA)
    train_style(base, data, SMOKE, tmp_path / "killed", METADATA, until=2)
    train_style(base, data, SMOKE, tmp_path / "killed", METADATA, resume=True)
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    whole, killed = (load_file(tmp_path / run / "last" / WEIGHTS) for run in ("whole", "killed"))
    assert all(torch.equal(value, killed[name]) for name, value in whole.items())


def test_samples_and_the_finished_folder(base, data, tmp_path):
    show = sampler(base, tmp_path / "run" / "samples")
    train_style(base, data, SMOKE, tmp_path / "run", METADATA, show=show)
    names = [path.name for path in sorted((tmp_path / "run" / "samples").iterdir())]
    assert names == ["sample-00003.png", "sample-00006.png"]
    assert Image.open(tmp_path / "run" / "samples" / names[-1]).size == (4 * base.size, base.size)
    export_style(base, tmp_path / "run", tmp_path / "small", rank=1, scale=2.0)
    one, two = (merged_change(reduced(read_adapter(tmp_path / at), 1)) for at in ("run/best", "small"))
    assert torch.allclose(two, 2 * one, rtol=0.02, atol=1e-4)
    assert read_adapter(tmp_path / "small").rank == 1 and "of rank 1 for" in str(model_card(tmp_path / "small"))
    export_style(base, tmp_path / "run", tmp_path / "neon")
    assert Image.open(tmp_path / "neon" / checkpoints.SAMPLES).size == (4 * base.size, base.size)
    assert read_adapter(tmp_path / "neon").metadata["title"] == "Neon"
    training = checkpoints.read_json(tmp_path / "neon" / "training.json")
    assert training["steps"] == 6 and training["curves"]["loss"]["values"]
    assert training["data"]["celeba"] == len(data.train) + len(data.val)
    assert "of rank 2 for `checkpoints/faces`" in str(model_card(tmp_path / "neon"))
    thumbnail = tmp_path / "neon" / "thumbnail.webp"
    assert Image.open(thumbnail).size == (base.size, base.size) and thumbnail.stat().st_size < 16_000
    plain = np.asarray(sample_sheet(base, None, (27,)), dtype=int)
    assert np.abs(np.asarray(Image.open(thumbnail).convert("RGB"), dtype=int) - plain).mean() < 60


def test_a_domain_is_learnt_from_clear_pictures(base, tiny_checkpoints, synthetic_celeba, tmp_path):
    faces = load("celeba", synthetic_celeba, base.size, tmp_path)
    names = tuple(f"{20 + 5 * (row % 10)}_{row % 2}_0_2017.jpg.chip.jpg" for row in range(len(faces)))
    pixels = np.array(faces.pixels)
    pixels[faces.indices("train")[0]] = 128  # grey, and nothing is to be seen
    source = replace(faces, name="utkface", attributes=None, pixels=pixels, names=names)
    classifier = checkpoints.load_model(tiny_checkpoints / "classifier")
    close, framing = domain_data(base, source, faces, classifier, pictures=12)
    known = filter_portraits(pixels)
    assert not known[faces.indices("train")[0]] and 0.3 < known.mean() < 1
    rows = chosen_rows(source, 12, known)
    assert close.sources == {"utkface": 16} and (len(close.train), len(close.val)) == (12, 4)
    conditioning = close.conditioning.numpy()
    said = named_attributes([names[row] for row in np.concatenate(list(rows.values()))])
    assert np.array_equal(conditioning[said != 0], said[said != 0]) and set(np.unique(conditioning)) <= {-1, 0, 1}
    assert (conditioning[:, INDEX["Male"]] != 0).all() and (conditioning[:, INDEX["Young"]] == 0).any()
    metadata = {"title": "Close portrait", "domain": "utkface", "framing": [framing.zoom, framing.below]}
    train_style(base, close, SMOKE, tmp_path / "run", metadata)
    kept = read_adapter(tmp_path / "run" / "best").metadata
    assert kept["domain"] == "utkface" and Framing.of(kept["framing"]) == framing


def test_a_full_fine_tune_is_distilled_into_a_small_style(base, data, tmp_path):
    loop = replace(SMOKE.loop, steps=20, learning_rate=3e-3, ema_decay=0.5, batch_size=8, validate_every=20)
    full = replace(SMOKE, full=True, everywhere=True, loop=loop)
    show = sampler(base, tmp_path / "full" / "samples")
    train_style(base, data, full, tmp_path / "full", METADATA, show=show)
    tuned = open_full(base, tmp_path / "full" / "last")
    error = [row["val_loss"] for row in log_of(tmp_path / "full") if "val_loss" in row][-1]
    generator = torch.Generator().manual_seed(3)
    inputs = [
        (
            torch.randn(16, *data.styled.shape[2:], generator=generator),
            torch.arange(16) * 60,
            data.conditioning[:16].repeat(2, 1)[:16],
        )
        for _ in range(2)
    ]
    targets = EVERYWHERE["faces"]
    plain = base.network(*inputs[0]) - tuned(*inputs[0])

    def missed(adapter) -> float:
        left = merged(base.network, [ActiveAdapter(adapter, 1.0)])(*inputs[0]) - tuned(*inputs[0])
        return float(left.square().mean() / plain.square().mean())

    sizes = [missed(distilled(base.network, tuned, targets, rank, inputs)) for rank in (1, 4, 128)]
    assert sizes[0] > sizes[1] > sizes[2] and sizes[1] < 0.9
    layers = {
        n: (m.weight - base.network.get_submodule(n).weight).flatten(1) for n, m in targeted(tuned, targets).items()
    }
    cut = {}
    for name, change in layers.items():
        u, s, v = torch.linalg.svd(change, full_matrices=False)
        shape = tuned.get_submodule(name).weight.shape
        up = (u[:, :1] * s[:1]).reshape(shape[0], 1, *((1, 1) if len(shape) == 4 else ()))
        cut[name] = LowRank(v[:1].reshape(1, *shape[1:]), up)
    assert sizes[0] < missed(Adapter("cut", cut, {}, "")), "knowing the inputs is worth something"
    small = replace(SMOKE, rank=4, everywhere=True, loop=replace(loop, steps=10))
    train_style(base, data, small, tmp_path / "small", METADATA, start=tmp_path / "full" / "last")
    metadata = checkpoints.read_json(tmp_path / "small" / "run.json")
    assert metadata["distilled_from"]["steps"] == 20 and metadata["rank"] == 4
    healed = [row["val_loss"] for row in log_of(tmp_path / "small") if "val_loss" in row][-1]
    train_style(
        base, data, replace(small, loop=replace(loop, steps=1, learning_rate=1e-9)), tmp_path / "base", METADATA
    )
    untrained = [row["val_loss"] for row in log_of(tmp_path / "base") if "val_loss" in row][-1]
    assert error < untrained and healed - error < 0.5 * (untrained - error)
    assert merged_change(read_adapter(tmp_path / "small" / "last")).abs().max() > 0


def test_a_finished_style_is_gone_on_with_in_more_layers(base, data, tmp_path):
    train_style(base, data, SMOKE, tmp_path / "first", METADATA)
    first = tmp_path / "first" / "best"
    wide = replace(SMOKE, rank=3, everywhere=True, loop=replace(SMOKE.loop, steps=1, learning_rate=1e-9))
    train_style(base, data, wide, tmp_path / "second", METADATA, start=first)
    before, after = read_adapter(first), read_adapter(tmp_path / "second" / "best")
    assert set(after.layers) > set(before.layers) and after.rank == 3
    for name, update in before.layers.items():
        assert torch.allclose(after.layers[name].delta(), update.delta(), atol=1e-4), name
    assert checkpoints.read_json(tmp_path / "second" / "run.json")["started_from"]["weights"]
    with pytest.raises(AdapterError, match="rank 3, more than is trained"):
        train_style(base, data, replace(wide, rank=2), tmp_path / "third", METADATA, start=tmp_path / "second" / "best")
    with pytest.raises(AdapterError, match="other layers"):
        narrow = replace(wide, everywhere=False)
        train_style(base, data, narrow, tmp_path / "fourth", METADATA, start=tmp_path / "second" / "best")


def test_own_photos_train_without_labels(base, tiny_checkpoints, tmp_path):
    pixels = photos()
    seen = read_attributes(checkpoints.load_model(tiny_checkpoints / "classifier"), pixels)
    assert seen.shape == (6, 40) and set(np.unique(seen)) <= {-1.0, 0.0, 1.0}
    own = photo_data(base, pixels, seen)
    assert len(own.train) == 6
    train_style(base, own, SMOKE, tmp_path / "run", {**METADATA, "renderer": ""})
    assert read_adapter(tmp_path / "run" / "best").rank == 2


def test_the_text_model_learns_a_style_too(tmp_path):
    base = open_base("text", checkpoint_root(tmp_path))
    own = photo_data(base, photos(), np.sign(np.random.default_rng(1).normal(size=(6, 40))), trigger="inky")
    assert own.conditioning.ndim == 3
    train_style(base, own, SMOKE, tmp_path / "style", METADATA, show=sampler(base, tmp_path / "samples", "inky"))
    adapter = read_adapter(tmp_path / "style" / "best")
    assert adapter.metadata["base"] == "text"
    check_fit(adapter, Base("text", base.network, lambda: base.fingerprint))
    assert len(list((tmp_path / "samples").iterdir())) == 2


def test_photos_that_cannot_train_are_refused():
    many = list(photos(6))
    assert len(check_photos([*many, many[0], many[3]])) == 6
    with pytest.raises(StyleError, match="at least 5 pictures; 1 is here"):
        check_photos(many[:1])
    with pytest.raises(StyleError, match="Only 1 of these 30 pictures differ"):
        check_photos([many[0]] * 30)
    with pytest.raises(StyleError, match=r"at most 200 .* these are 10,000"):
        check_photos([many[0]] * 10_000)


def test_a_folder_is_counted_before_it_is_read_and_bad_files_are_named(tmp_path):
    for number, pixels in enumerate(photos(6, 80)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    kept, problems = read_photos(tmp_path, 64)
    assert kept.shape == (6, 64, 64, 3) and [name for name, _ in problems] == ["broken.jpg"]
    for number in range(201):
        (tmp_path / f"empty{number}.jpg").touch()
    with pytest.raises(StyleError, match="at most 200"):
        read_photos(tmp_path, 64)


def train(monkeypatch, *options):
    """Runs the command in this process: one of its own would take longer to import torch than to train."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr(sys, "argv", ["train_style.py", "--preset", "smoke", "--steps", "2", *map(str, options)])
    runpy.run_path(str(SCRIPTS / "train_style.py"), run_name="__main__")


def test_the_command_trains_from_a_folder_and_exports(monkeypatch, tiny_checkpoints, tmp_path):
    (tmp_path / "photos").mkdir()
    for number, pixels in enumerate(photos(6)):
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    options = ["--out", tmp_path / "run", "--export", tmp_path / "mine", "--checkpoints", tiny_checkpoints]
    train(monkeypatch, "--pictures", tmp_path / "photos", "--name", "Mine", *options)
    assert read_adapter(tmp_path / "mine").metadata["title"] == "Mine"
    assert "somebody's own pictures" in (tmp_path / "mine" / "README.md").read_text()


def test_the_command_learns_a_domain(monkeypatch, tiny_checkpoints, synthetic_celeba, tmp_path):
    with zipfile.ZipFile(tmp_path / "UTKFace.zip", "w") as archive:
        for number, pixels in enumerate(photos(90)):
            Image.fromarray(pixels).save(tmp_path / "one.jpg")
            archive.write(tmp_path / "one.jpg", f"UTKFace/{number}_0_1_2017.jpg.chip.jpg")
    monkeypatch.chdir(tmp_path)  # where decoded pixels are kept
    options = ["--out", tmp_path / "run", "--export", tmp_path / "close", "--checkpoints", tiny_checkpoints]
    data = ["--data", f"utkface={tmp_path}", "--data", f"celeba={synthetic_celeba}"]
    train(monkeypatch, "--domain", *data, "--name", "Close portrait", *options)
    config = checkpoints.read_json(tmp_path / "close" / "config.json")
    assert config["domain"] == "utkface" and config["title"] == "Close portrait"
    assert "UTKFace" in (tmp_path / "close" / "README.md").read_text()
    assert 1 <= config["framing"][0] <= 2.5
    with pytest.raises(SystemExit):
        train(monkeypatch, "--domain", *data[:2], *options)
