"""Fit which attributes go together, from CelebA's label tables alone; "Surprise me" draws combinations from it.

Example: python scripts/fit_attributes.py --data data/celeba
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with list_attr_celeba and list_eval_partition")
    parser.add_argument("--out", type=Path, help="file to write (default: the one that comes with the program)")
    options = parser.parse_args()

    from core import attributes
    from core.data import tables
    from core.data.cooccurrence import FILE, fit_tree, save_tree

    found = [tables.find(options.data, stem) for stem in ("list_attr_celeba", "list_eval_partition")]
    if None in found:
        parser.error("The folder needs list_attr_celeba and list_eval_partition, as txt or csv.")
    columns, labels = tables.read(found[0], header=True)
    _, split = tables.read(found[1], header=False)
    order = [columns.index(name) for name in attributes.NAMES]
    training = np.array([row for name, row in labels.items() if split.get(name) == [0]])[:, order]
    save_tree(fit_tree(training), options.out or FILE)
    print(f"{len(training):,} training pictures, {options.out or FILE}")


if __name__ == "__main__":
    run(main)
