"""Train the prior, which makes a draft from a sentence; the text denoiser starts from the draft.

``--export`` writes it into the folder of the text pipeline.
"""

from __future__ import annotations

from pathlib import Path

from _command import encoded, load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR (needed), food101=DIR")
    parser.add_argument("--autoencoder", type=Path, help="folder; default: checkpoints/autoencoder-kl")
    parser.add_argument("--clip", type=Path, help="folder; default: checkpoints/clip")
    parser.add_argument("--latents", type=Path, help="where encoded pictures are kept; default: --out/latents")
    parser.add_argument("--start", type=Path, metavar="DIR", help="begin with the weights of this folder")
    parser.add_argument("--export", type=Path, metavar="DIR", help="pipeline folder to write into")
    parser.add_argument("--which", choices=("best", "last"), default="last", help="weights to export")
    args = parser.parse_args()

    from core import checkpoints
    from core.data import DataError
    from core.training.prior import PRESETS, export_prior, train_prior

    autoencoder = args.autoencoder or checkpoints.root() / "autoencoder-kl"
    sets = load_sets(args.data, size=checkpoints.picture_size(autoencoder))
    if "celeba" not in sets:
        raise DataError("The variational start learns from CelebA; give it with --data celeba=DIR.")
    sets = {kind: sets[kind] for kind in ("celeba", "food101") if kind in sets}
    clip = args.clip or checkpoints.root() / "clip"
    kept = args.latents or args.out / "latents"
    latents = {kind: encoded(source, autoencoder, kept / kind) for kind, source in sets.items()}
    preset = with_options(PRESETS[args.preset], args)
    loop = train_prior(sets, latents, clip, preset, args.out, start=args.start, resume=args.resume)
    if args.export and loop.processes.main:
        export_prior(args.out, args.export / "prior", which=args.which)
        print(f"{args.export / 'prior'} written; draw with: python scripts/sample.py text --start prior ...")


if __name__ == "__main__":
    run(main)
