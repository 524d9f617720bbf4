"""Files of the public: what diffusers opens opens here, with the same merged weights; what cannot be used is named."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from lora_files import (
    FORMS,
    kohya_dora,
    kohya_with_text,
    peft_state,
    plain,
    trained_by_peft,
)
from peft import LoHaConfig, LoraConfig, get_peft_model, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import load_file, save_file
from tiny_text import stable_diffusion

from core.models.adapter_files import WEIGHTS, AdapterError, read_adapter
from core.models.adapters import ActiveAdapter, Base, check_fit, layers_of, merged, merged_text_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return stable_diffusion(tmp_path_factory.mktemp("sd"))


def opened(folder: Path) -> StableDiffusionPipeline:
    options = {"variant": "fp16", "dtype": torch.float32, "safety_checker": None}
    return StableDiffusionPipeline.from_pretrained(folder, **options)


@pytest.fixture(scope="module")
def pipeline(folder):
    return opened(folder)


@pytest.fixture(scope="module")
def base(pipeline):
    return Base("sd", pipeline.unet, lambda: "", pipeline.text_encoder)


def weights_of(network):
    """Its weights by the names they have without adapters."""
    state = {key.replace(".base_layer", ""): value for key, value in network.state_dict().items()}
    return {key: value for key, value in state.items() if "lora_" not in key}


@pytest.mark.parametrize("weight", [1.0, 0.6])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_merged_weights_are_those_of_diffusers(folder, pipeline, base, tmp_path, form, weight):
    state, metadata = form(pipeline, tmp_path)
    if state is not None:
        save_file({key: value.contiguous() for key, value in state.items()}, tmp_path / WEIGHTS, metadata)
    other = opened(folder)
    other.load_lora_weights(tmp_path, weight_name=WEIGHTS, unet_config=other.unet.config)
    other.fuse_lora(lora_scale=weight)
    adapter = read_adapter(tmp_path / WEIGHTS, layers_per_block=base.layers_per_block)
    check_fit(adapter, base)
    active = [ActiveAdapter(adapter, weight)]
    pairs = [(weights_of(other.unet), merged(pipeline.unet, active).state_dict(), pipeline.unet.state_dict())]
    encoder = merged_text_encoder(pipeline.text_encoder, active)
    pairs += [(weights_of(other.text_encoder), encoder.state_dict(), pipeline.text_encoder.state_dict())]
    changed = 0
    for theirs, ours, before in pairs:
        assert set(theirs) == set(ours)
        for key, value in ours.items():
            assert (value - theirs[key]).abs().max() <= 1e-6, key
            changed += bool((value - before[key]).abs().max() > 1e-3)
    assert changed == len(adapter.layers) + len(adapter.text_layers) >= 5
    assert bool(adapter.text_layers) == (form is kohya_with_text)
    assert any("dora_scale" in note for note in adapter.notes) == (form is kohya_dora)


@pytest.mark.parametrize("rank_stabilised", [False, True])
def test_a_folder_that_peft_saved_has_pefts_strength(pipeline, base, tmp_path, rank_stabilised):
    network = UNet2DConditionModel.from_config(pipeline.unet.config)
    network.load_state_dict(pipeline.unet.state_dict())
    settings = {"alpha_pattern": {"to_q": 3}, "use_rslora": rank_stabilised, "init_lora_weights": False}
    model = get_peft_model(network, LoraConfig(r=4, lora_alpha=6, target_modules=["to_q", "to_v"], **settings))
    model.save_pretrained(tmp_path / "mine")
    assert (tmp_path / "mine" / "adapter_config.json").is_file()
    adapter = read_adapter(tmp_path / "mine")
    check_fit(adapter, base)
    expected = model.merge_and_unload().state_dict()
    ours = merged(pipeline.unet, [ActiveAdapter(adapter, 1.0)]).state_dict()
    assert set(ours) == set(expected)
    assert max((ours[key] - expected[key]).abs().max() for key in ours) <= 1e-6
    alone = tmp_path / "alone.safetensors"  # the settings stayed behind: diffusers takes such a file at alpha = rank
    shutil.copy(tmp_path / "mine" / "adapter_model.safetensors", alone)
    assert {update.scale for update in read_adapter(alone).layers.values()} == {1.0}


@pytest.mark.parametrize("original_names", [False, True])
def test_loha_has_pefts_strength(pipeline, base, tmp_path, original_names):
    """diffusers does not open these; peft makes them, and its authors' own trainer."""
    network = UNet2DConditionModel.from_config(pipeline.unet.config)
    network.load_state_dict(pipeline.unet.state_dict())
    config = LoHaConfig(r=3, alpha=5, target_modules=["to_q", "conv1", "proj_in"], init_weights=False)
    model = get_peft_model(network, config)
    model.save_pretrained(tmp_path / "mine")
    path = tmp_path / "mine"
    if original_names:
        state = {}
        for key, value in load_file(path / "adapter_model.safetensors").items():
            layer, _, half = key.removeprefix("base_model.model.").rpartition(".")
            state[f"lora_unet_{layer.replace('.', '_')}.{half}"] = value
        state |= {f"{key.partition('.')[0]}.alpha": torch.tensor(5.0) for key in state}
        path = tmp_path / "loha.safetensors"
        save_file(state, path)
    adapter = read_adapter(path)
    check_fit(adapter, base)
    expected = model.merge_and_unload().state_dict()
    ours = merged(pipeline.unet, [ActiveAdapter(adapter, 1.0)]).state_dict()
    assert max((ours[key] - expected[key]).abs().max() for key in ours) <= 1e-6
    assert max((ours[key] - value).abs().max() for key, value in pipeline.unet.state_dict().items()) > 1e-2


def test_two_dora_adapters_merge_as_peft_merges_them(pipeline, tmp_path):
    adapters = []
    other = UNet2DConditionModel.from_config(pipeline.unet.config)
    other.load_state_dict(pipeline.unet.state_dict())
    for number, weight in enumerate((0.7, 0.4)):
        trained_by_peft(pipeline, tmp_path / str(number), use_dora=True, r=2 + number, lora_alpha=4)
        adapters.append(ActiveAdapter(read_adapter(tmp_path / str(number)), weight))
        other.load_lora_adapter(tmp_path / str(number), prefix="unet", weight_name=WEIGHTS, adapter_name=str(number))
    other.set_adapters(["0", "1"], [0.7, 0.4])
    other.fuse_lora()
    ours, theirs = merged(pipeline.unet, adapters).state_dict(), weights_of(other)
    assert max((ours[key] - theirs[key]).abs().max() for key in ours) <= 1e-6


def refused(path, state, metadata=None):
    save_file({key: value.contiguous() for key, value in state.items()}, path, metadata)
    with pytest.raises(AdapterError) as raised:
        read_adapter(path)
    sentence = str(raised.value)
    assert sentence.count(". ") == 0 and sentence.endswith(".") and len(sentence) < 220
    return sentence


def test_files_for_other_models_and_of_other_kinds_are_named(pipeline, tmp_path):
    path = tmp_path / "file.safetensors"
    halves = {"lora_down.weight": torch.ones(4, 2048), "lora_up.weight": torch.ones(64, 4)}

    def named(layer, shapes=halves):
        return {f"{layer}.{half}": value for half, value in shapes.items()}

    cross = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    assert "made for SDXL" in refused(path, named(cross))
    assert "made for SDXL" in refused(path, named("lora_te2_text_model_encoder_layers_0_mlp_fc1"))
    assert "made for SDXL" in refused(path, named("lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q"))
    wide = {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": torch.ones(4, 1024)}
    assert "made for Stable Diffusion 2" in refused(path, wide)
    assert "Flux" in refused(path, named("lora_unet_double_blocks_0_img_attn_proj"))
    tucker = {"lora_unet_mid_block_resnets_0_conv1.hada_t1": torch.ones(4, 4, 3, 3)}
    assert "LoHa in Tucker's form" in refused(path, tucker)
    half = {f"lora_unet_mid_block_attentions_0_proj_in.hada_w1_{half}": torch.ones(4, 4) for half in "b"}
    assert "known format" in refused(path, half)
    assert "LoKr" in refused(path, {"lora_unet_mid_block_attentions_0_proj_in.lokr_w1": torch.ones(4, 4)})
    biased = {**plain(pipeline, path)[0], "unet.conv_in.lora_B.bias": torch.ones(16)}
    assert "biases" in refused(path, biased)
    other = {"lora_adapter_metadata": json.dumps({"unet.peft_type": "OFT", "unet.r": 4})}
    assert "OFT" in refused(path, plain(pipeline, path)[0], other)


@pytest.mark.parametrize(
    "said",
    [
        "{",
        json.dumps({"unet.r": "four"}),
        json.dumps({"unet.r": 4, "unet.lora_alpha": float("inf")}),
        json.dumps({"unet.r": 4, "unet.rank_pattern": {"(a+)+$": 3}}),
        json.dumps({"unet.r": 8}),
        json.dumps([1]),
    ],
)
def test_settings_that_make_no_sense_are_refused(pipeline, tmp_path, said):
    sentence = refused(tmp_path / "x.safetensors", plain(pipeline, tmp_path)[0], {"lora_adapter_metadata": said})
    assert "settings" in sentence or "damaged" in sentence


def test_a_large_file_is_judged_by_its_content(pipeline, base, tmp_path):
    """64 MB of one layer's factors are read; as much that is no whole LoRA is refused for what it lacks."""
    layer = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
    width = layers_of(pipeline.unet)[layer].weight.shape[0]
    padding = {f"lora_unet_x_{i}.lora_down.weight": torch.zeros(64, 20480).half() for i in range(14)}
    assert "incomplete" in refused(tmp_path / "half.safetensors", padding)
    state = {
        f"unet.{layer}.lora_A.weight": torch.zeros(512, width),
        f"unet.{layer}.lora_B.weight": torch.ones(width, 512),
    }
    save_file(state, tmp_path / "whole.safetensors")
    assert read_adapter(tmp_path / "whole.safetensors").rank == 512
    network = {"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(4, 4, 3, 3)}
    assert "no LoRA" in refused(tmp_path / "network.safetensors", network)


def test_peft_itself_takes_what_the_training_writes(pipeline, tmp_path):
    """Names, shapes and start are peft's own."""
    from core.models.adapters import TARGETS, AdapterFactors

    factors = AdapterFactors(pipeline.unet, TARGETS["text"], 3, {"base": "sd"})
    assert all(not up.any() for up in factors.up) and all(down.any() for down in factors.down)
    for up in factors.up:
        torch.nn.init.normal_(up, std=0.1)
    factors.save_pretrained(tmp_path)
    other = UNet2DConditionModel.from_config(pipeline.unet.config)
    other.load_state_dict(pipeline.unet.state_dict())
    inject_adapter_in_model(LoraConfig(r=3, lora_alpha=3, target_modules=list(factors.names)), other)
    wanted = {f"unet.{key}": value.shape for key, value in get_peft_model_state_dict(other).items()}
    adapter = read_adapter(tmp_path)
    assert set(wanted) == set(peft_state(dict.fromkeys(adapter.layers, (1, 2))))
    assert all(wanted[f"unet.{layer}.lora_A.weight"] == one.down.shape for layer, one in adapter.layers.items())
