"""Say what the classifier sees in pictures, and where it looks.

Examples:
  python scripts/classify.py --images photos --out runs/classified
  python scripts/classify.py --images photos --heat Smiling --heat Eyeglasses --out runs/classified
  python scripts/classify.py --model my-classes --images photos --out runs/classified
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="classifier", metavar="NAME", help="a classifier of checkpoints/ (default)")
    parser.add_argument("--images", type=Path, required=True, metavar="DIR_OR_ZIP", help="pictures of any size")
    parser.add_argument(
        "--heat", action="append", default=[], metavar="NAME", help="an attribute or class to map; repeatable"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for classified.csv and the maps")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()

    from tqdm import tqdm

    from core.pipelines.classify.folder import classify_folder
    from core.pipelines.classify.pipeline import ClassifyPipeline

    problems: list[tuple[str, str]] = []
    pipeline = ClassifyPipeline(args.checkpoints, args.model)
    rows = classify_folder(pipeline, args.images, args.out, args.heat, problems)
    done = list(tqdm(rows, desc="classify", unit="picture", mininterval=1, delay=1))
    for name, problem in problems:
        print(f"{name} left out: {problem}", file=sys.stderr)
    print(f"{len(done)} pictures classified in {args.out / 'classified.csv'}")


if __name__ == "__main__":
    run(main)
