"""Measure the balance of the attributes in the data and what the face generator makes of it; the Models tab shows it.

Writes faces/bias.json of the checkpoints. Of the data only label tables are read. Without --data the figures of the
data that the file has stay, and those of the generator are measured again: after every change of the weights.

Example: python scripts/measure_bias.py --data celeba=data/celeba
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", default=[], metavar="celeba=PATH", help="repeatable; label tables")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--faces", type=int, default=500, help="faces with nothing requested (default 500)")
    parser.add_argument("--each", type=int, default=16, help="faces per attribute, present and absent (default 16)")
    options = parser.parse_args()
    if not 1 <= options.each <= options.faces:
        parser.error("--each is 1 or more, and --faces no fewer.")

    from core import attributes, checkpoints
    from core.data import DataError, parse_data_options
    from core.data.labels import training_labels
    from core.evaluation.bias import describe_labels, measure_generator
    from core.evaluation.options import recorded
    from core.pipelines.models.bias import FILE

    root = options.checkpoints or checkpoints.root()
    file = root / FILE
    paths = parse_data_options(options.data).get("celeba", [])
    if not paths and not file.is_file():
        raise DataError(f"{file} does not exist yet: give the label tables of the data with --data celeba=DIR.")
    before = {} if paths else checkpoints.read_json(file)
    command = recorded(sys.argv)
    data = {"command": command, **describe_labels(training_labels(paths))} if paths else before["data"]
    generator = {"command": command, **measure_generator(root, options.faces, options.each)}
    checkpoints.write_json(file, {"names": list(attributes.NAMES), "data": data, "generator": generator})
    faces = options.faces + 2 * attributes.COUNT * options.each
    print(f"{data['pictures']:,} training pictures and {faces:,} drawn faces are described in {file}")


if __name__ == "__main__":
    run(main)
