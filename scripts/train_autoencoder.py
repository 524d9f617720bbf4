"""Train the KL autoencoder that all drawing happens in: pictures of 64x64 to latents of 6x16x16 and back."""

from __future__ import annotations

from pathlib import Path

from _command import load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR, food101=DIR, utkface=DIR, folder=DIR")
    parser.add_argument("--classifier", type=Path, help="folder of the classifier whose features guide the training")
    args = parser.parse_args()

    from core.checkpoints import load_model
    from core.training.autoencoder import PRESETS, train_autoencoder

    classifier = load_model(args.classifier) if args.classifier else None
    preset = with_options(PRESETS[args.preset], args)
    train_autoencoder(load_sets(args.data), classifier, preset, args.out, resume=args.resume)


if __name__ == "__main__":
    run(main)
