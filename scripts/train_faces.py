"""Train the face denoiser on latents written by encode_latents.py, or encode the pictures first."""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import encoded, load_sets, run, training_parser, with_options


def arguments() -> argparse.Namespace:
    parser = training_parser(__doc__, "celeba=DIR")
    parser.add_argument("--autoencoder", type=Path, help="folder; default: checkpoints/autoencoder-kl")
    parser.add_argument("--baseline", action="store_true", help="the plain cross-attention U-Net instead of ours")
    parser.add_argument("--prediction", choices=("epsilon", "v_prediction", "flow"), help="instead of the preset's")
    parser.add_argument("--start", type=Path, metavar="DIR", help="begin with the weights of this checkpoint folder")
    parser.add_argument(
        "--repeat-below",
        type=float,
        metavar="SHARE",
        help="draw pictures more often that show an attribute which fewer than this share show",
    )
    parser.add_argument(
        "--soft-labels",
        type=float,
        metavar="SHARE",
        help="of the pictures whose labels become strengths, by how sure the classifier is of each",
    )
    args = parser.parse_args()
    if args.repeat_below is not None and not 0 <= args.repeat_below <= 1:
        parser.error("--repeat-below is a share from 0 to 1.")
    if args.soft_labels is not None and not 0 <= args.soft_labels <= 1:
        parser.error("--soft-labels is a share from 0 to 1.")
    return args


def main() -> None:
    args = arguments()

    from dataclasses import replace

    from core import checkpoints
    from core.data import DataError
    from core.training.attribute_confidence import attribute_confidence
    from core.training.faces import PRESETS, train_faces

    autoencoder = args.autoencoder or checkpoints.root() / "autoencoder-kl"
    sets = load_sets(args.data, size=checkpoints.picture_size(autoencoder))
    if "celeba" not in sets:
        raise DataError("The face denoiser learns from CelebA; give it with --data celeba=DIR.")
    latents = encoded(sets["celeba"], autoencoder, args.out / "latents")
    preset = with_options(PRESETS["baseline" if args.baseline else args.preset], args)
    if args.prediction:
        preset = replace(preset, prediction=args.prediction)
    if args.repeat_below is not None:
        preset = replace(preset, repeat_below=args.repeat_below)
    confidence = None
    if args.soft_labels is not None:
        preset = replace(preset, soft_labels=args.soft_labels)
    if preset.soft_labels:
        confidence = attribute_confidence(checkpoints.load_model(checkpoints.root() / "classifier"), sets["celeba"])
    train_faces(latents, preset, args.out, confidence=confidence, start=args.start, resume=args.resume)


if __name__ == "__main__":
    run(main)
