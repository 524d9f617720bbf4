"""Fit which attributes go together, from CelebA's label tables alone; "Surprise me" draws combinations from it.

Example: python scripts/fit_attributes.py --data data/celeba
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with list_attr_celeba and list_eval_partition")
    parser.add_argument("--out", type=Path, help="file to write (default: the one that comes with the program)")
    options = parser.parse_args()

    from core.data.cooccurrence import FILE, fit_tree, save_tree
    from core.data.labels import training_labels

    training = training_labels([options.data])
    save_tree(fit_tree(training), options.out or FILE)
    print(f"{len(training):,} training pictures, {options.out or FILE}")


if __name__ == "__main__":
    run(main)
