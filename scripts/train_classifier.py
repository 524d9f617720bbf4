"""Train the classifier: 40 face attributes and, if food pictures are given, their classes; or your own classes.

With --data folder=PHOTOS each folder in PHOTOS is a class: a head for them is trained on the embedding of the
classifier that --start names, whose attributes stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from _command import load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR (needed), food101=DIR; or folder=DIR alone")
    usual = "begin with this checkpoint's weights (own classes: checkpoints/classifier)"
    parser.add_argument("--start", type=Path, metavar="DIR", help=usual)
    args = parser.parse_args()
    own = [option for option in args.data if option.startswith("folder=")]
    if own:
        if len(own) < len(args.data):
            parser.error("Own classes are trained alone: give --data folder=DIR and nothing else.")
        train_own(args)
        return

    from core.data import DataError
    from core.training.classifier import PRESETS, train_classifier

    preset = with_options(PRESETS[args.preset], args)
    sets = load_sets(args.data, size=preset.size)
    if "celeba" not in sets:
        raise DataError("The classifier learns attributes from CelebA; give it with --data celeba=DIR.")
    train_classifier(sets["celeba"], sets.get("food101"), preset, args.out, start=args.start, resume=args.resume)


def train_own(args: object) -> None:
    from core import checkpoints
    from core.training.own_classes import PRESETS, train_own_classes

    start = args.start or checkpoints.root() / "classifier"
    if problem := checkpoints.missing(start):
        raise checkpoints.CheckpointError(problem)
    preset = with_options(PRESETS[args.preset], args)
    pictures = load_sets(args.data, size=checkpoints.picture_size(start))["folder"]
    loop = train_own_classes(pictures, preset, args.out, start=start, resume=args.resume)
    print(f"{len(pictures.class_names)} classes, best validation loss {loop.best:.3f}. To use them:")
    print(f"  python scripts/export_checkpoint.py my-classes --run {args.out}")
    print("  python scripts/classify.py --model my-classes --images DIR --out DIR")


if __name__ == "__main__":
    run(main)
