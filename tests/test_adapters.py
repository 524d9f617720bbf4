"""Adapters: read by plain diffusers and peft, merged exactly, and every bad file refused with a sentence."""

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from tiny_text import checkpoint_root

from core import checkpoints
from core.models.adapter_files import WEIGHTS, AdapterError, read_adapter
from core.models.adapters import (
    TARGETS,
    ActiveAdapter,
    AdapterFactors,
    Base,
    check_fit,
    layers_of,
    merged,
    part_of,
    reduced,
)

MARK = "0123456789ab"


@pytest.fixture(scope="module")
def faces(tiny_checkpoints):
    return checkpoints.load_model(tiny_checkpoints / "faces")


@pytest.fixture(scope="module")
def text_root(tmp_path_factory) -> Path:
    return checkpoint_root(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def text(text_root):
    return StableDiffusionPipeline.from_pretrained(text_root / "text", safety_checker=None)


def made(network, kind, folder, *, rank=2, size=0.3, **metadata):
    """A style's folder with random factors."""
    with torch.random.fork_rng():
        torch.manual_seed(rank)
        factors = AdapterFactors(network, TARGETS[kind], rank, {"base": kind, "fingerprint": MARK, **metadata})
        for up in factors.up:
            torch.nn.init.normal_(up, std=size)
    factors.save_pretrained(folder)
    return folder


@pytest.fixture()
def style(faces, tmp_path):
    return made(faces, "faces", tmp_path / "oil")


def inputs(network):
    generator = torch.Generator().manual_seed(0)
    shape = (2, network.config.latent_channels, 16, 16)
    return torch.randn(shape, generator=generator), torch.tensor([10, 700]), torch.zeros(2, 40)


def base_of(network, kind="faces", mark=MARK):
    return Base(kind, network, lambda: mark)


def test_what_is_read_is_what_was_written(faces, style):
    adapter = read_adapter(style)
    assert adapter.name == "oil" and adapter.rank == 2 and adapter.metadata["base"] == "faces"
    assert set(adapter.layers) <= set(layers_of(faces)) and len(adapter.layers) > 20
    assert (style / WEIGHTS).stat().st_size < 3 * 2**20
    config = checkpoints.read_json(style / "config.json")
    assert config["fingerprint"] == MARK and config["alpha"] == config["rank"] == 2
    check_fit(adapter, base_of(faces))


def test_merging_says_what_peft_says(faces, style):
    adapter = read_adapter(style)
    attached = type(faces).from_config(faces.config).eval()
    attached.load_state_dict(faces.state_dict())
    inject_adapter_in_model(LoraConfig(r=2, lora_alpha=2, target_modules=list(adapter.layers)), attached)
    state = {key.removeprefix("unet."): value.float() for key, value in load_file(style / WEIGHTS).items()}
    outcome = set_peft_model_state_dict(attached, state)
    assert not outcome.unexpected_keys
    with torch.no_grad():
        expected, plain = attached(*inputs(faces)), faces(*inputs(faces))
        torch.testing.assert_close(
            merged(faces, [ActiveAdapter(adapter, 1.0)])(*inputs(faces)), expected, rtol=1e-3, atol=1e-4
        )
    assert (expected - plain).abs().max() > 0.01


def test_the_face_denoiser_takes_the_file_as_diffusers_networks_do(faces, style):
    attached = type(faces).from_config(faces.config).eval()
    attached.load_state_dict(faces.state_dict())
    attached.load_lora_adapter(load_file(style / WEIGHTS), prefix="unet")
    with torch.no_grad():
        mine = merged(faces, [ActiveAdapter(read_adapter(style), 1.0)])(*inputs(faces))
        torch.testing.assert_close(attached(*inputs(faces)), mine, rtol=1e-3, atol=1e-4)


def test_no_active_adapter_or_weight_zero_is_the_network_itself(faces, style):
    adapter = read_adapter(style)
    with torch.no_grad():
        plain = faces(*inputs(faces))
        for active in ([], [ActiveAdapter(adapter, 0.0)], [ActiveAdapter(adapter, 1.0, (0, 0, 0))]):
            assert torch.equal(merged(faces, active)(*inputs(faces)), plain)
        before = {name: value.clone() for name, value in faces.state_dict().items()}
        merged(faces, [ActiveAdapter(adapter, 1.0)])
    assert all(torch.equal(value, before[name]) for name, value in faces.state_dict().items())


def test_untouched_tensors_are_shared_and_parts_touch_their_part_alone(faces, style):
    adapter = read_adapter(style)
    plain = dict(faces.named_parameters())
    for place, part in enumerate(("early", "middle", "late")):
        strengths = tuple(float(place == other) for other in range(3))
        changed = dict(merged(faces, [ActiveAdapter(adapter, 1.0, strengths)]).named_parameters())
        moved = {name for name in plain if changed[name] is not plain[name]}
        assert moved and {part_of(name) for name in moved} == {part}


def test_a_smaller_rank_keeps_the_largest_of_the_change(faces, style):
    adapter = read_adapter(style)
    small = reduced(adapter, 1)
    assert small.rank == 1 and small.metadata["rank"] == 1 and reduced(adapter, adapter.rank) is adapter
    check_fit(small, base_of(faces))
    for name, update in adapter.layers.items():
        whole, kept = update.delta(), small.layers[name].delta()
        assert torch.linalg.matrix_rank(kept, rtol=1e-4) == 1
        lost = torch.linalg.svdvals(whole)[1:].square().sum().sqrt()  # no matrix of rank 1 is nearer
        assert torch.allclose((whole - kept).norm(), lost, rtol=1e-3, atol=1e-6)
    with pytest.raises(AdapterError, match="rank"):
        reduced(adapter, 0)


def test_two_styles_add_up_in_any_order(faces, tmp_path):
    one = read_adapter(made(faces, "faces", tmp_path / "one"))
    two = read_adapter(made(faces, "faces", tmp_path / "two", rank=3))
    both = merged(faces, [ActiveAdapter(one, 0.5), ActiveAdapter(two, -0.25)]).state_dict()
    apart = [merged(faces, [ActiveAdapter(a, w)]).state_dict() for a, w in ((one, 0.5), (two, -0.25))]
    for name, value in faces.state_dict().items():
        torch.testing.assert_close(both[name], apart[0][name] + apart[1][name] - value, rtol=1e-4, atol=1e-5)


def draw(pipeline):
    result = pipeline(
        "a smiling woman",
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(1),
        output_type="pt",
        guidance_scale=1.0,
    )
    return result.images


def test_plain_diffusers_loads_a_text_style_and_it_changes_the_picture(text_root, text, tmp_path):
    folder = made(text.unet, "text", tmp_path / "ink", rank=4)
    plain = draw(text)
    other = StableDiffusionPipeline.from_pretrained(text_root / "text", safety_checker=None)
    other.load_lora_weights(folder, weight_name=WEIGHTS)
    loaded = draw(other)
    assert (loaded - plain).abs().max() > 0.02
    other.unload_lora_weights()
    other.unet = merged(other.unet, [ActiveAdapter(read_adapter(folder), 1.0)])
    torch.testing.assert_close(draw(other), loaded, rtol=1e-3, atol=2e-3)


def test_files_of_other_programs_are_read(text, tmp_path):
    """diffusers' own layout with a scale beside it, as its training scripts write, and kohya's."""
    folder = made(text.unet, "text", tmp_path / "ours", rank=2)
    ours, tensors = read_adapter(folder), load_file(folder / WEIGHTS)
    old = {k.replace("lora_A", "lora.down").replace("lora_B", "lora.up"): v for k, v in tensors.items()}
    save_file(old, tmp_path / "old.safetensors")
    peft = {"lora_adapter_metadata": json.dumps({"unet.lora_alpha": 1, "unet.r": 2})}
    save_file(tensors, tmp_path / "half.safetensors", peft)
    theirs, half = read_adapter(tmp_path / "old.safetensors"), read_adapter(tmp_path / "half.safetensors")
    assert set(theirs.layers) == set(ours.layers) == set(half.layers) and theirs.metadata == {}
    for layer, update in ours.layers.items():
        assert torch.equal(theirs.layers[layer].delta(), update.delta())
        assert torch.equal(half.layers[layer].delta(), update.delta() * 0.5)
    check_fit(theirs, base_of(text.unet, "text"))
    kohya = {}
    for layer in ("down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q", "mid_block.attentions.0.proj_in"):
        stem = f"lora_unet_{layer.replace('.', '_')}"
        kohya[f"{stem}.lora_down.weight"] = tensors[f"unet.{layer}.lora_A.weight"]
        kohya[f"{stem}.lora_up.weight"] = tensors[f"unet.{layer}.lora_B.weight"]
        kohya[f"{stem}.alpha"] = torch.tensor(1.0)
    save_file(kohya, tmp_path / "kohya.safetensors")
    read = read_adapter(tmp_path / "kohya.safetensors")
    layer = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    assert torch.allclose(read.layers[layer].delta(), ours.layers[layer].delta() * 0.5)


def rewritten(style, target, change, metadata=None):
    tensors = load_file(style / WEIGHTS)
    save_file(change(tensors) or tensors, target, metadata)
    return target


def test_other_bases_are_refused_by_name(faces, text, style, tmp_path):
    adapter = read_adapter(style)
    with pytest.raises(AdapterError, match="made for the face model, and this is the built-in text model"):
        check_fit(adapter, base_of(text.unet, "text"))
    with pytest.raises(AdapterError, match="made for the built-in text model, and this is the face model"):
        check_fit(read_adapter(made(text.unet, "text", tmp_path / "ink")), base_of(faces))
    with pytest.raises(AdapterError, match=f"other weights of this model \\({MARK}, here ffff"):
        check_fit(adapter, base_of(faces, mark="ffffffffffff"))
    nameless = rewritten(tmp_path / "ink", tmp_path / "sd.safetensors", lambda tensors: None)
    with pytest.raises(AdapterError, match="for a Stable Diffusion model: the face model has none"):
        check_fit(read_adapter(nameless), base_of(faces))
    nameless = rewritten(style, tmp_path / "face.safetensors", lambda tensors: None)
    with pytest.raises(AdapterError, match="for a face model: Stable Diffusion has"):
        few = {k: v for k, v in load_file(nameless).items() if "conv_" not in k}
        save_file(few, nameless)
        check_fit(read_adapter(nameless), base_of(text.unet, "sd"))


def test_wrong_shapes_and_unknown_layers_are_named(faces, style, tmp_path):
    def widen(tensors):
        key = "unet.middle.blocks.0.conv1.lora_B.weight"
        tensors[key] = torch.zeros(64, 2, 1, 1)

    wide = rewritten(style, tmp_path / "wide.safetensors", widen)
    with pytest.raises(AdapterError, match=r"another shape: its layer middle\.blocks\.0\.conv1 is 64x288"):
        check_fit(read_adapter(wide), base_of(faces))

    def add(tensors):
        for half, shape in (("A", (2, 8)), ("B", (8, 2))):
            tensors[f"unet.hidden.door.lora_{half}.weight"] = torch.zeros(shape)

    more = rewritten(style, tmp_path / "more.safetensors", add)
    with pytest.raises(AdapterError, match=r"does not have: hidden\.door"):
        check_fit(read_adapter(more), base_of(faces))


def test_dangerous_and_damaged_files_are_refused(faces, style, tmp_path):
    good = (style / WEIGHTS).read_bytes()
    (length,) = struct.unpack("<Q", good[:8])
    torch.save({"a": torch.zeros(2)}, tmp_path / "torch.bin")
    empty = b'{"__metadata__":{}}'
    lying = good[8 : 8 + length].replace(b'"data_offsets":[0,', b'"data_offsets":[7,', 1)
    bad = {
        "pickle": pickle.dumps({"a": 1}),
        "zipped pickle": (tmp_path / "torch.bin").read_bytes(),
        "cut short|announced": good[:-100],
        "cut short.": good[: 8 + length // 2],
        "empty": b"",
        "claims 4,294,967,296 bytes": struct.pack("<Q", 2**32) + good[8:],
        "header cannot be read": good[:8] + b"x" * length + good[8 + length :],
        "header cannot be read|damaged": good[:8] + lying + good[8 + length :],
        "no weights": struct.pack("<Q", len(empty)) + empty,
    }
    for reason, data in bad.items():
        path = tmp_path / "bad.safetensors"
        path.write_bytes(data)
        with pytest.raises(AdapterError, match=reason.removeprefix("zipped ")) as raised:
            read_adapter(path)
        assert str(raised.value).count(". ") == 0 and len(str(raised.value)) < 200
    with pytest.raises(AdapterError, match="not here"):
        read_adapter(tmp_path / "nowhere")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_numbers_are_refused(style, tmp_path, value):
    def spoil(tensors):
        next(iter(tensors.values())).view(-1)[3] = value

    with pytest.raises(AdapterError, match="not numbers"):
        read_adapter(rewritten(style, tmp_path / "nan.safetensors", spoil))


def test_absurd_ranks_and_other_kinds_of_adapters_are_refused(faces, style, tmp_path):
    large = {"unet.middle.blocks.0.embed.lora_A.weight": torch.zeros(1024, 32)}
    large["unet.middle.blocks.0.embed.lora_B.weight"] = torch.zeros(64, 1024)
    with pytest.raises(AdapterError, match="rank 1024; styles of rank 512"):
        read_adapter(rewritten(style, tmp_path / "large.safetensors", lambda tensors: large))
    with pytest.raises(AdapterError, match="between 1 and 128"):
        AdapterFactors(faces, TARGETS["faces"], 512, {})
    with pytest.raises(AdapterError, match="another kind of adapter than LoRA: LoKr"):
        lokr = {"lora_unet_mid_block_attentions_0_proj_in.lokr_w1": torch.zeros(3, 3)}
        read_adapter(rewritten(style, tmp_path / "lokr.safetensors", lambda tensors: lokr))
    with pytest.raises(AdapterError, match="no LoRA"):
        network = {"weight": torch.zeros(3)}
        read_adapter(rewritten(style, tmp_path / "network.safetensors", lambda tensors: network))

    def halve(tensors):
        del tensors[next(key for key in tensors if "lora_B" in key)]

    with pytest.raises(AdapterError, match=r"do not fit each other|more than"):
        read_adapter(rewritten(style, tmp_path / "half.safetensors", halve))
