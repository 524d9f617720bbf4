"""Reconstruct pictures with an autoencoder: PNG files of the same names, and metrics.csv with the loss.

Example: python scripts/reconstruct.py --model kl --images photos.zip --out runs/reconstructed
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model",
        default="kl",
        metavar="cae|vae|kl|sd|taesd|DIR",
        help="default kl; sd and taesd where their weights are on this machine; or a folder with an autoencoder",
    )
    parser.add_argument("--images", type=Path, required=True, metavar="DIR_OR_ZIP", help="pictures of any size")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument(
        "--whole",
        action="store_true",
        help="keep each photo's own shape and size, in tiles (kl, sd, taesd); default: its centre square",
    )
    parser.add_argument(
        "--align",
        action="store_true",
        help="the square of each photo's largest face, as the face models know faces; one without a face is left out",
    )
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()

    from tqdm import tqdm

    from core.pipelines.reconstruction.folder import reconstruct_folder
    from core.pipelines.reconstruction.pipeline import ReconstructionPipeline

    pipeline = ReconstructionPipeline(args.checkpoints, folders=True)
    outcomes = reconstruct_folder(pipeline, args.model, args.images, args.out, whole=args.whole, align=args.align)
    done = list(tqdm(outcomes, desc="reconstruct", unit="picture", mininterval=1, delay=1))
    for outcome in done:
        if outcome.problem:
            print(f"{outcome.name} left out: {outcome.problem}", file=sys.stderr)
    rows = [outcome.row for outcome in done if outcome.row]
    if not rows:
        sys.exit(f"error: none of the {len(done)} pictures in {args.images} could be used.")
    mean = sum(float(row["psnr"]) for row in rows) / len(rows)
    print(f"{len(rows)} of {len(done)} pictures reconstructed in {args.out}, {mean:.2f} dB on average")


if __name__ == "__main__":
    run(main)
