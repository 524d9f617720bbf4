"""Architectures are read off a real forward pass: counts, shapes, skips and attention against what is known."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel, UNet2DModel
from torch import nn

from core.checkpoints import save_model
from core.models import FaceUNet, PictureClassifier, build_autoencoder
from core.reports.architecture import ArchitectureError, Skip, trace
from core.reports.diagram import blueprint, stage_name

ROOT = Path(__file__).resolve().parent.parent
TINY = {"widths": (16, 32, 32), "blocks": 2, "embedding_dim": 32}


@pytest.fixture(scope="module")
def unet() -> UNet2DModel:
    return UNet2DModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64),
        norm_num_groups=8,
        attention_head_dim=16,
        layers_per_block=2,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )


def test_autoencoder_goes_down_and_up():
    found = trace(build_autoencoder(channels=(16, 32, 32), latent_channels=4))
    resolutions = [stage.resolution for stage in found.stages]
    assert resolutions[0] == resolutions[-1] == 64 and min(resolutions) == 16
    assert found.output == (1, 3, 64, 64) and not found.skips
    assert sum(stage.name == "latent" for stage in found.stages) == 1


def test_every_parameter_is_in_one_stage(unet):
    for module in (unet, build_autoencoder(channels=(16, 32)), PictureClassifier(widths=(16, 24)), FaceUNet(**TINY)):
        found = trace(module)
        assert found.parameters == sum(parameter.numel() for parameter in module.parameters())
        assert sum(stage.parameters for stage in found.stages) == found.parameters


def test_skips_are_the_concatenations_that_ran(unet):
    found = trace(unet)
    names = [stage.name for stage in found.stages]
    place = {name: names.index(name) for name in names}
    assert set(found.skips) == {
        Skip(place["conv_in"], place["up_blocks.1"], 1),
        Skip(place["down_blocks.0"], place["up_blocks.1"], 2),
        Skip(place["down_blocks.1"], place["up_blocks.0"], 3),
    }


def test_attention_and_conditioning_are_marked(unet):
    stages = {stage.name: stage for stage in trace(unet).stages}
    assert {unit.heads for unit in stages["down_blocks.1"].units} == {0, 4}
    assert not any(unit.heads for unit in stages["down_blocks.0"].units)
    assert all(unit.conditioned for unit in stages["mid_block"].units if unit.kind == "Resnet block")
    assert stages["embedding"].resolution == 0


def test_cross_attention_counts_as_conditioned():
    module = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(32, 32),
        norm_num_groups=8,
        cross_attention_dim=16,
        attention_head_dim=2,
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    found = trace(module)
    crossing = [unit for stage in found.stages for unit in stage.units if unit.heads]
    assert crossing and all(unit.conditioned for unit in crossing)


def test_face_denoiser_of_both_presets():
    for extra in ({}, {"conditioning": "cross", "attention": (True, False, True)}):
        found = trace(FaceUNet(**TINY, **extra))
        assert [stage.resolution for stage in found.stages if stage.resolution] == [16, 16, 8, 4, 4, 4, 8, 16, 16]
        assert sum(skip.count for skip in found.skips) == 9
        assert found.inputs["attributes"] == (1, 40)


def test_multiply_adds_of_known_layers():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)
            self.head = nn.Linear(8, 5)

        def forward(self, x):
            return self.head(self.conv(x).mean(dim=(2, 3)))

    found = trace(Two(), {"x": torch.zeros(1, 3, 16, 16)})
    assert found.macs == 16 * 16 * 8 * 27 + 8 * 5
    assert [stage.name for stage in found.stages] == ["conv", "head"]


def test_weights_are_not_needed():
    with torch.device("meta"):
        module = FaceUNet(**TINY)
    assert trace(module).parameters == trace(FaceUNet(**TINY)).parameters


def test_tracing_leaves_the_module_as_it_was(unet):
    unet.train()
    before = sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in unet.modules())
    trace(unet)
    assert unet.training
    assert sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in unet.modules()) == before


def test_what_cannot_be_traced_says_so():
    class Strange(nn.Module):
        def forward(self, wavelength):
            return wavelength

    with pytest.raises(ArchitectureError, match="wavelength"):
        trace(Strange())
    with pytest.raises(ArchitectureError, match="could not be run"):
        trace(nn.Linear(3, 3), {"input": torch.zeros(1, 5)})


def test_blueprint_shows_every_stage(unet):
    found = trace(unet, name="A U-Net")
    drawing = blueprint(found)
    texts = [node.text for node in ElementTree.fromstring(drawing.svg()).iter("{http://www.w3.org/2000/svg}text")]
    for stage in found.stages:
        assert stage_name(stage.name) in texts
    assert "3 concatenated" in texts and "16 × 16" in texts and "A U-Net" in texts
    assert stage_name("encoder.down_blocks.0") == "Encoder down 1"


def test_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import _command
    import draw_architecture

    def call(folder):
        options = ["--out", str(tmp_path / "out"), "--dpi", "48"]
        monkeypatch.setattr(sys, "argv", ["draw_architecture.py", str(folder), *options])
        _command.run(draw_architecture.main)

    save_model(PictureClassifier(widths=(16, 24), blocks=1), tmp_path / "classifier")
    call(tmp_path / "classifier")
    assert (tmp_path / "out" / "classifier.svg").is_file() and (tmp_path / "out" / "classifier.png").is_file()
    assert "parameters" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="nothing"):
        call(tmp_path / "nothing")
