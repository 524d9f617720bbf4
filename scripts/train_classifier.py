"""Train the classifier: 40 face attributes and, if food pictures are given, their classes."""

from __future__ import annotations

from pathlib import Path

from _command import load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR (needed), food101=DIR")
    parser.add_argument("--start", type=Path, metavar="DIR", help="begin with this checkpoint's weights")
    args = parser.parse_args()

    from core.data import DataError
    from core.training.classifier import PRESETS, train_classifier

    preset = with_options(PRESETS[args.preset], args)
    sets = load_sets(args.data, size=preset.size)
    if "celeba" not in sets:
        raise DataError("The classifier learns attributes from CelebA; give it with --data celeba=DIR.")
    train_classifier(sets["celeba"], sets.get("food101"), preset, args.out, start=args.start, resume=args.resume)


if __name__ == "__main__":
    run(main)
