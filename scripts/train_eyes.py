"""Train the eye locator, the second pass after the face detector, on face crops at their full size.

Example:
  python scripts/train_eyes.py --data celeba=data/celeba-sharp --data food101=data/food101 --out runs/eyes \\
    --export checkpoints/eyes
"""

from __future__ import annotations

from pathlib import Path

from _command import run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR (face crops), food101=DIR (pictures behind them)")
    parser.add_argument("--size", type=int, default=80, help="pixels of a face crop in memory")
    parser.add_argument("--start", type=Path, metavar="DIR", help="checkpoint to go on from")
    parser.add_argument("--export", type=Path, metavar="DIR", help="checkpoint folder to write at the end")
    args = parser.parse_args()

    from core import data
    from core.training.export import export_run
    from core.training.eyes import PRESETS, train_eyes

    paths = data.parse_data_options(args.data)
    if not {"celeba", "food101"} <= paths.keys():
        raise data.DataError("The eye locator needs --data celeba=DIR and --data food101=DIR.")
    faces, grounds = data.load("celeba", paths["celeba"], args.size), data.load("food101", paths["food101"], 64)
    preset = with_options(PRESETS[args.preset], args)
    train_eyes(faces, grounds, preset, args.out, start=args.start, resume=args.resume)
    if args.export:
        export_run(args.out, args.export, which="best")


if __name__ == "__main__":
    run(main)
