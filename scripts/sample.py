"""Draw pictures from the command line, the same ones as the app draws for the same seed and attributes.

Example: python scripts/sample.py faces --attributes rows.csv --seed 0 --out runs/drawn
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    faces = kinds.add_parser(
        "faces",
        help="faces by attributes, one per row of a table",
        description="Draw one face per row of a table of attributes: 00000.png, 00001.png ... Each PNG carries its "
        "recipe; drop it on the app to go on from there.",
    )
    faces.add_argument(
        "--attributes",
        type=Path,
        required=True,
        metavar="ROWS.csv",
        help="header: the 40 names of list_attr_celeba; rows of -1 absent, 0 open, 1 present, or anything between",
    )
    faces.add_argument("--seed", type=int, default=0, help="of the first row; row i has seed + i (default 0)")
    faces.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    faces.add_argument("--steps", type=int, help="denoising steps, 1 to 250 (default: the app's)")
    faces.add_argument("--guidance", type=float, help="guidance scale, 1 (off) to 15 (default: the app's)")
    faces.add_argument("--solver", help="dpm++, unipc, ddim or ddpm (default: the app's)")
    faces.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    faces.set_defaults(act=sample_faces)
    args = parser.parse_args()
    args.act(args)


def sample_faces(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from core.pipelines.faces import FacesPipeline
    from core.pipelines.rows import draw_rows, recipes_of

    given = {name: getattr(args, name) for name in ("steps", "guidance", "solver") if getattr(args, name) is not None}
    recipes = recipes_of(args.attributes, args.seed, **given)
    notes = []
    drawn = draw_rows(FacesPipeline(args.checkpoints), recipes, args.out)
    for path, told in tqdm(drawn, total=len(recipes), desc="draw", unit="face", mininterval=1, delay=1):
        notes += [f"{path.name}: {note}" for note in told]
    print("\n".join(notes), end="\n" if notes else "", file=sys.stderr)
    print(f"{len(recipes)} faces drawn in {args.out}")


if __name__ == "__main__":
    run(main)
