"""Train CLIP, which embeds pictures and captions in one space: for the text denoiser and the search by words.

The captions are written from CelebA's attributes and Food-101's classes. ``--export`` writes the checkpoint and
measures it on the test part.
"""

from __future__ import annotations

from pathlib import Path

from _command import load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR (needed), food101=DIR")
    parser.add_argument("--export", type=Path, metavar="DIR", help="checkpoint folder to write in the end")
    parser.add_argument("--which", choices=("best", "last"), default="last", help="weights to export")
    parser.add_argument(
        "--classifier",
        type=Path,
        metavar="DIR",
        help="classifier checkpoint whose embedding the picture tower learns to tell (a few pictures go further)",
    )
    parser.add_argument("--size", type=int, default=64, help="of the pictures as they are loaded; CLIP reduces them")
    parser.add_argument(
        "--start", type=Path, metavar="DIR", help="a CLIP whose picture tower learns further; its text tower stays"
    )
    args = parser.parse_args()

    from core.checkpoints import load_model
    from core.data import DataError
    from core.training.clip import PRESETS, train_clip
    from core.training.text_export import export_clip

    sets = load_sets(args.data, size=args.size)
    if "celeba" not in sets:
        raise DataError("CLIP learns words from CelebA's attributes; give it with --data celeba=DIR.")
    classifier = load_model(args.classifier) if args.classifier else None
    preset = with_options(PRESETS[args.preset], args)
    loop = train_clip(sets, preset, args.out, classifier=classifier, start=args.start, resume=args.resume)
    if args.export and loop.processes.main:
        figures = export_clip(args.out, args.export, sets, which=args.which)
        print(f"{args.export} written: zero-shot AUC {figures['auc_mean']:.3f} over the attributes")


if __name__ == "__main__":
    run(main)
