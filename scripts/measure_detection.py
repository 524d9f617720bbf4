"""Measure how well faces are found in whole photos, on composed scenes whose eyes are known.

Writes metrics.json of the detector, by itself, and of the eye locator, after the detector.

Each scene is one test face of 60 to 600 pixels, turned by up to 25 degrees, anywhere on one to nine other pictures.

Example:
  python scripts/measure_detection.py --data celeba=data/celeba-sharp --data food101=data/food101
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="KIND=PATH",
        help="celeba= (face crops), food101= (behind them)",
    )
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--scenes", type=int, default=500, help="default 500")
    parser.add_argument("--seed", type=int, default=0, help="of the scenes (default 0)")
    args = parser.parse_args()

    from core import checkpoints, data
    from core.evaluation import face_detection
    from core.evaluation.options import recorded
    from core.photos.detection import FaceFinder

    paths = data.parse_data_options(args.data)
    if not {"celeba", "food101"} <= paths.keys() or args.scenes < 1:
        parser.error("--data celeba=DIR and --data food101=DIR are needed, and a scene at least.")
    root = args.checkpoints or checkpoints.root()
    finder = FaceFinder(root)
    if problem := finder.missing():
        raise checkpoints.CheckpointError(problem)
    faces = face_detection.test_pictures(paths["celeba"][0])
    others = face_detection.backgrounds(paths["food101"][0])
    alone, figures = face_detection.measure(finder, face_detection.scenes(faces, others, args.scenes, args.seed))
    figures["seconds_12_megapixels"] = face_detection.seconds_of_a_large_photo(finder, faces[0], others)
    for part, measured in (("detector", alone), ("eyes", figures)):
        checkpoints.write_json(root / part / "metrics.json", {"command": recorded(sys.argv), "whole_photos": measured})
    print(f"{figures['eyes_within_a_tenth']:.1%} of {figures['scenes']} scenes have both eyes within a tenth.")


if __name__ == "__main__":
    run(main)
