"""Train the GAN: faces in one step, from noise and the classifier's embedding, as latents of the autoencoder."""

from __future__ import annotations

from pathlib import Path

from _command import encoded, load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR")
    parser.add_argument("--autoencoder", type=Path, metavar="DIR", help="default: checkpoints/autoencoder-kl")
    parser.add_argument("--classifier", type=Path, metavar="DIR", help="default: checkpoints/classifier")
    parser.add_argument("--start", type=Path, metavar="DIR", help="begin with this checkpoint's generator")
    parser.add_argument(
        "--pictures",
        type=float,
        metavar="SHARE",
        help="of a batch that is decoded and judged by the classifier's features, too (instead of the preset's)",
    )
    args = parser.parse_args()
    if args.pictures is not None and not 0 <= args.pictures <= 1:
        parser.error("--pictures is a share from 0 to 1.")

    from dataclasses import replace

    from core import checkpoints
    from core.data import DataError
    from core.training.embeddings import embed_set
    from core.training.gan import PRESETS, Frozen, train_gan

    autoencoder = args.autoencoder or checkpoints.root() / "autoencoder-kl"
    classifier = args.classifier or checkpoints.root() / "classifier"
    frozen = Frozen.load(autoencoder, classifier)
    sets = load_sets(args.data, size=checkpoints.picture_size(autoencoder))
    if "celeba" not in sets:
        raise DataError("The GAN learns faces from CelebA; give it with --data celeba=DIR.")
    latents = encoded(sets["celeba"], autoencoder, args.out / "latents")
    embeddings = embed_set(sets["celeba"], classifier, args.out / "embeddings")
    preset = with_options(PRESETS[args.preset], args)
    if args.pictures is not None:
        preset = replace(preset, pictures=args.pictures)
    train_gan(latents, embeddings, frozen, preset, args.out, start=args.start, resume=args.resume)


if __name__ == "__main__":
    run(main)
