"""Compare ways to draw: every combination of solver, steps, guidance and interval, measured on validation faces.

Example:
  python scripts/compare_settings.py --data celeba=data/celeba --steps 8 10 14 --guidance 1.5 2.5 3.5
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from _command import load_sets, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", required=True, metavar="celeba=DIR")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--solvers", nargs="+", default=["dpm++"], help="default: dpm++")
    parser.add_argument("--steps", nargs="+", type=int, default=[10], help="default: 10")
    parser.add_argument("--guidance", nargs="+", type=float, default=[2.0], help="default: 2")
    parser.add_argument("--intervals", nargs="+", default=["0-1"], metavar="FROM-TO", help="default: 0-1, all steps")
    parser.add_argument("--samples", type=int, default=467, help="faces for the distance (default 467)")
    parser.add_argument("--control", type=int, default=40, help="faces per attribute and direction (default 40)")
    args = parser.parse_args()

    from core import checkpoints
    from core.data import DataError
    from core.evaluation.settings import compare_settings
    from core.recipe import Recipe

    root = args.checkpoints or checkpoints.root()
    sets = load_sets(args.data, size=checkpoints.picture_size(root / "autoencoder-kl"))
    if "celeba" not in sets:
        raise DataError("Settings are compared on CelebA; give it with --data celeba=DIR.")
    intervals = [tuple(float(end) for end in interval.split("-")) for interval in args.intervals]
    settings = [
        Recipe(solver=solver, steps=steps, guidance=guidance, guidance_interval=interval)
        for solver, steps, guidance, interval in itertools.product(args.solvers, args.steps, args.guidance, intervals)
    ]
    for number, row in enumerate(
        compare_settings(root, sets["celeba"], settings, samples=args.samples, control=args.control)
    ):
        if number == 0:
            print("\t".join(row))
        print("\t".join(str(value) for value in row.values()), flush=True)


if __name__ == "__main__":
    run(main)
