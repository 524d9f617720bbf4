"""Turn a training run into a checkpoint folder that the app loads: EMA weights in fp16, metadata and curves."""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import load_sets, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("name", help="classifier, autoencoder-kl, faces ... : the folder's name")
    parser.add_argument("--run", type=Path, required=True, help="what train_*.py wrote with --out")
    parser.add_argument("--which", choices=("best", "last"), default="last", help="by validation, or the newest")
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="KIND=PATH",
        help="an autoencoder's training data, or celeba for the classifier",
    )
    parser.add_argument("--comparison", type=Path, metavar="DIR", help="what compare_denoisers.py wrote, to take along")
    parser.add_argument("--checkpoints", type=Path, help="instead of the repository's checkpoints/")
    args = parser.parse_args()

    from core import checkpoints
    from core.training.export import export_run

    folder = (args.checkpoints or checkpoints.root()) / args.name
    config = checkpoints.read_json(args.run / args.which / "config.json")
    flat = config.get("_class_name") == "FlatAutoencoder"  # takes pictures of one size alone
    sizes = {} if flat else {"food101": 64}
    sets = load_sets(args.data, size=checkpoints.picture_size(args.run / args.which), sizes=sizes)
    export_run(args.run, folder, which=args.which, sets=sets, comparison=args.comparison)
    print(f"{folder} written; now measure it: python scripts/evaluate.py {args.name} --data ...")


if __name__ == "__main__":
    run(main)
