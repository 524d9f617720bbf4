"""Train the text denoiser on the latents of faces and food, with the sentences of a trained CLIP.

``--export`` writes a Stable Diffusion pipeline that plain diffusers opens.
"""

from __future__ import annotations

from pathlib import Path

from _command import encoded, load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR (needed), food101=DIR")
    parser.add_argument("--autoencoder", type=Path, help="folder; default: checkpoints/autoencoder-kl")
    parser.add_argument("--clip", type=Path, help="folder; default: checkpoints/clip")
    parser.add_argument("--latents", type=Path, help="where encoded pictures are kept; default: --out/latents")
    parser.add_argument("--start", type=Path, metavar="DIR", help="begin with the weights of this pipeline folder")
    parser.add_argument(
        "--faces", type=Path, metavar="DIR", help="begin with the body of this face denoiser (which predicts the same)"
    )
    parser.add_argument("--prediction", choices=("v_prediction", "flow"), help="instead of the preset's")
    parser.add_argument("--export", type=Path, metavar="DIR", help="pipeline folder to write in the end")
    parser.add_argument("--which", choices=("best", "last"), default="last", help="weights to export")
    args = parser.parse_args()

    from dataclasses import replace

    from core import checkpoints
    from core.data import DataError
    from core.training.text import PRESETS, train_text
    from core.training.text_export import export_text

    autoencoder = args.autoencoder or checkpoints.root() / "autoencoder-kl"
    sets = load_sets(args.data, size=checkpoints.picture_size(autoencoder))
    if "celeba" not in sets:
        raise DataError("The text denoiser learns from CelebA; give it with --data celeba=DIR.")
    sets = {kind: sets[kind] for kind in ("celeba", "food101") if kind in sets}
    clip = args.clip or checkpoints.root() / "clip"
    kept = args.latents or args.out / "latents"
    latents = {kind: encoded(source, autoencoder, kept / kind) for kind, source in sets.items()}
    preset = with_options(PRESETS[args.preset], args)
    if args.prediction:
        preset = replace(preset, prediction=args.prediction)
    loop = train_text(sets, latents, clip, preset, args.out, start=args.start, faces=args.faces, resume=args.resume)
    if args.export and loop.processes.main:
        export_text(args.out, clip, autoencoder, args.export, which=args.which)
        print(f"{args.export} written; draw with: python scripts/sample.py text --prompts FILE.txt --out DIR")


if __name__ == "__main__":
    run(main)
