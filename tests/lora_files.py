"""LoRA files of many programs, for the tests of adapters.

Each form makes (tensors, metadata) for a pipeline, or writes the file itself and gives (None, None).
"""

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict

from core.models.adapters import layers_of

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")


def random_halves(network, layers, rank=4):
    """Layer -> down and up of random numbers; every second layer may have another rank."""
    generator, every = torch.Generator().manual_seed(3), layers_of(network)
    ranks = rank if isinstance(rank, tuple) else (rank,)
    result = {}
    for number, layer in enumerate(layers):
        weight, r = every[layer].weight, ranks[number % len(ranks)]
        tail = (1, 1) if weight.ndim == 4 else ()
        down = torch.randn(r, *weight.shape[1:], generator=generator) * 0.2
        result[layer] = down, torch.randn(weight.shape[0], r, *tail, generator=generator) * 0.2
    return result


def attention(network):
    return [name for name in layers_of(network) if name.endswith(ATTENTION)]


def everything(network):
    return [name for name in layers_of(network) if "time_emb" not in name]


def text_layers(encoder):
    return [name for name in layers_of(encoder) if name.endswith(("q_proj", "out_proj", "fc1"))]


def peft_state(halves, form="unet.{}.lora_{}.weight"):
    return {
        form.format(layer, half): value
        for layer, pair in halves.items()
        for half, value in zip("AB", pair, strict=True)
    }


def plain(pipe, path):
    return peft_state(random_halves(pipe.unet, everything(pipe.unet))), None


def half_precision(pipe, path):
    return {key: value.half() for key, value in plain(pipe, path)[0].items()}, None


def eight_bits(pipe, path):
    return {key: value.to(torch.float8_e4m3fn) for key, value in plain(pipe, path)[0].items()}, None


def several_ranks(pipe, path):
    return peft_state(random_halves(pipe.unet, attention(pipe.unet), (2, 4, 7))), None


def old_names(pipe, path):
    halves = random_halves(pipe.unet, attention(pipe.unet))
    return {
        key.replace("lora_A", "lora.down").replace("lora_B", "lora.up"): v for key, v in peft_state(halves).items()
    }, None


def processors(pipe, path):
    """The first names that diffusers had: attention processors."""
    state = {}
    for layer, (down, up) in random_halves(pipe.unet, attention(pipe.unet)).items():
        block, _, leaf = layer.removesuffix(".0").rpartition(".")
        state[f"unet.{block}.processor.{leaf}_lora.down.weight"] = down
        state[f"unet.{block}.processor.{leaf}_lora.up.weight"] = up
    return state, None


def kohya(pipe, path, alpha=1.0, layers=None):
    state = {}
    for layer, (down, up) in random_halves(pipe.unet, layers or everything(pipe.unet)).items():
        key = f"lora_unet_{layer.replace('.', '_')}"
        state |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(alpha)}
    return state, None


def kohya_without_alpha(pipe, path):
    return {key: value for key, value in kohya(pipe, path)[0].items() if "alpha" not in key}, None


def kohya_eight_bits(pipe, path):
    return {k: v.to(torch.float8_e4m3fn) if v.ndim else v for k, v in kohya(pipe, path)[0].items()}, None


def kohya_with_text(pipe, path):
    state, _ = kohya(pipe, path, 2.0)
    for layer, (down, up) in random_halves(pipe.text_encoder, text_layers(pipe.text_encoder)).items():
        key = f"lora_te_text_model_{layer.removeprefix('text_model.').replace('.', '_')}"
        state |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(2.0)}
    return state, None


def kohya_dora(pipe, path):
    """diffusers leaves these values out, so that is the strength to have."""
    state, _ = kohya(pipe, path, layers=attention(pipe.unet))
    downs = {key: value for key, value in state.items() if "lora_down" in key}
    return {**state, **{key.replace("lora_down.weight", "dora_scale"): torch.ones(1, 16) for key in downs}}, None


def original_trainer(pipe, path):
    """The first blocks as the original code numbers them."""
    state = {}
    block = "attentions.0.transformer_blocks.0"
    names = {
        "input_blocks_1_0_in_layers_2": "down_blocks.0.resnets.0.conv1",
        "input_blocks_3_1_transformer_blocks_0_attn1_to_q": f"down_blocks.1.{block}.attn1.to_q",
        "input_blocks_3_1_proj_in": "down_blocks.1.attentions.0.proj_in",
        "middle_block_1_proj_out": "mid_block.attentions.0.proj_out",
        "output_blocks_0_1_transformer_blocks_0_ff_net_2": f"up_blocks.0.{block}.ff.net.2",
    }
    halves = random_halves(pipe.unet, list(names.values()))
    for key, layer in names.items():
        down, up = halves[layer]
        state |= {f"lora_unet_{key}.lora_down.weight": down, f"lora_unet_{key}.lora_up.weight": up}
        state[f"lora_unet_{key}.alpha"] = torch.tensor(3.0)
    return state, None


def trained_by_peft(pipe, path, **settings):
    """As diffusers' training scripts save it, with peft's settings in the header."""
    network = UNet2DConditionModel.from_config(pipe.unet.config)
    network.load_state_dict(pipe.unet.state_dict())
    config = LoraConfig(**{"r": 4, "lora_alpha": 6, "target_modules": list(ATTENTION), **settings})
    network.add_adapter(config)
    generator = torch.Generator().manual_seed(9)
    for key, value in network.named_parameters():
        if "lora_B" in key:
            value.data.normal_(std=0.2, generator=generator)
        elif "magnitude" in key:
            value.data.mul_(1.1)
    metadata = {**config.to_dict(), "target_modules": sorted(config.target_modules)}
    state = get_peft_model_state_dict(network)
    StableDiffusionPipeline.save_lora_weights(path, state, unet_lora_adapter_metadata=metadata)
    return None, None


def rank_stabilised(pipe, path):
    return trained_by_peft(pipe, path, use_rslora=True)


def alpha_pattern(pipe, path):
    return trained_by_peft(pipe, path, alpha_pattern={"to_q": 1, "attn2.to_v": 9})


def rank_pattern(pipe, path):
    pattern = {"rank_pattern": {"to_k": 2, "^mid_block.*attn1.to_q": 3}, "use_rslora": True}
    return trained_by_peft(pipe, path, **pattern)


def dora(pipe, path):
    return trained_by_peft(pipe, path, use_dora=True, target_modules=[*ATTENTION, "conv1", "proj_in"])


FORMS = [plain, half_precision, eight_bits, several_ranks, old_names, processors, kohya, kohya_without_alpha]
FORMS += [kohya_eight_bits, kohya_with_text, kohya_dora, original_trainer, trained_by_peft, rank_stabilised]
FORMS += [alpha_pattern, rank_pattern, dora]
