"""Measure a checkpoint and rewrite its metrics.json, samples.png and model card (README.md).

Examples:
  python scripts/evaluate.py classifier --data celeba=data/celeba --data food101=data/food101
  python scripts/evaluate.py autoencoder-kl --data celeba=data/celeba --data food101=data/food101
  python scripts/evaluate.py faces --data celeba=data/celeba --samples 2000
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", help="classifier, autoencoder-kl or faces")
    parser.add_argument(
        "--data", action="append", required=True, metavar="KIND=PATH", help="repeatable: celeba=, food101=, utkface="
    )
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--samples", type=int, default=2000, help="faces to draw for distances (default 2000)")
    parser.add_argument("--control", type=int, default=100, help="faces per attribute and direction (default 100)")
    parser.add_argument("--part", choices=("val", "test"), default="test", help="pictures to measure on (default test)")
    parser.add_argument("--size", type=int, default=64, help="side of the pictures in pixels (default 64)")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded pixels are kept")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/evaluation"), help="for grids that show data pictures; not for sharing"
    )
    args = parser.parse_args()
    if args.samples < 2 or args.control < 1:
        parser.error("--samples must be 2 or more, --control 1 or more.")

    from core import checkpoints, data
    from core.evaluation import Options, evaluate
    from core.evaluation.options import recorded

    paths = data.parse_data_options(args.data)
    sets = {kind: data.load(kind, path, args.size, args.cache) for kind, path in paths.items()}
    root = args.checkpoints or checkpoints.root()
    options = Options(recorded(sys.argv), args.part, args.samples, args.control, args.work)
    evaluate(args.name, root, sets, options)
    print(f"{root / args.name / 'metrics.json'} and the model card beside it are written.")


if __name__ == "__main__":
    run(main)
