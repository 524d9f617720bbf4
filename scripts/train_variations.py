"""Train the variation model: the face denoiser, conditioned on the classifier's embedding instead of attributes."""

from __future__ import annotations

from pathlib import Path

from _command import encoded, load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR")
    parser.add_argument("--autoencoder", type=Path, metavar="DIR", help="default: checkpoints/autoencoder-kl")
    parser.add_argument("--classifier", type=Path, metavar="DIR", help="default: checkpoints/classifier")
    parser.add_argument(
        "--start", type=Path, metavar="DIR", help="the face denoiser (or a variation model) whose weights to begin with"
    )
    parser.add_argument(
        "--condition-only", action="store_true", help="train only the layers that read the condition, which is quicker"
    )
    args = parser.parse_args()

    from dataclasses import replace

    from core import checkpoints
    from core.data import DataError
    from core.training.embeddings import embed_set
    from core.training.variations import PRESETS, train_variations

    autoencoder = args.autoencoder or checkpoints.root() / "autoencoder-kl"
    classifier = args.classifier or checkpoints.root() / "classifier"
    folders = {"autoencoder": autoencoder, "classifier": classifier}
    for folder in (*folders.values(), *([args.start] if args.start else [])):
        if problem := checkpoints.missing(folder):
            raise checkpoints.CheckpointError(problem)
    sets = load_sets(args.data, size=checkpoints.picture_size(autoencoder))
    if "celeba" not in sets:
        raise DataError("The variation model learns faces from CelebA; give it with --data celeba=DIR.")
    latents = encoded(sets["celeba"], autoencoder, args.out / "latents")
    embeddings = embed_set(sets["celeba"], classifier, args.out / "embeddings")
    preset = replace(with_options(PRESETS[args.preset], args), whole=not args.condition_only)
    made_with = {name: checkpoints.fingerprint(folder) for name, folder in folders.items()}
    train_variations(latents, embeddings, made_with, preset, args.out, start=args.start, resume=args.resume)


if __name__ == "__main__":
    run(main)
