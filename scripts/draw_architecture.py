"""Draw a checkpoint's network from one forward pass of the real module: an SVG and a PNG at 600 DPI.

Example: python scripts/draw_architecture.py checkpoints/faces --out runs/architecture
Without a folder, every checkpoint under checkpoints/ is drawn.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="CHECKPOINT", help="checkpoint folders to draw")
    parser.add_argument("--out", type=Path, required=True, help="folder to write NAME.svg and NAME.png to")
    parser.add_argument("--dpi", type=int, default=600, help="resolution of the PNG (default 600)")
    options = parser.parse_args()
    if not 36 <= options.dpi <= 1200:
        parser.error("--dpi goes from 36 to 1200.")

    from core.checkpoints import CheckpointError, load_model, root
    from core.reports.architecture import ArchitectureError, trace
    from core.reports.diagram import blueprint

    folders = options.folders or sorted(path.parent for path in root().glob("*/config.json"))
    if not folders:
        raise CheckpointError(f"There is no checkpoint in {root()}.")
    for folder in folders:
        model = load_model(folder)
        name = folder.resolve().name
        try:
            found = trace(model, name=f"{name}: {type(model).__name__}")
        except ArchitectureError as error:
            raise CheckpointError(str(error)) from error
        vector, bitmap = blueprint(found).save(options.out, name, dpi=options.dpi)
        print(f"{name}: {found.parameters:,} parameters in {len(found.stages)} stages, drawn in {vector} and {bitmap}")


if __name__ == "__main__":
    run(main)
