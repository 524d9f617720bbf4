"""Write the latents of pictures to one NPZ file: arrays `latents` and `names`, row by row.

Example: python scripts/embed.py --model kl --images photos/ --out runs/latents.npz
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from _command import run


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model",
        default="kl",
        metavar="cae|vae|kl|sd|taesd|classifier|DIR",
        help="kl (default), sd, taesd: latents (N, C, S, S); cae, vae: codes (N, D); classifier: embeddings (N, 256); "
        "or a folder with an autoencoder",
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="the activation of this layer instead, a mean over places: stages.2, encoder ...",
    )
    parser.add_argument("--images", type=Path, required=True, metavar="DIR_OR_ZIP", help="pictures of any size")
    parser.add_argument(
        "--align", action="store_true", help="squares of the largest faces; a photo without one is left out"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz", help="file to write")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()
    if args.out.is_dir():
        parser.error(f"--out is a file to write; {args.out} is a folder.")
    return args


def main() -> None:
    args = arguments()

    import numpy as np

    from core.pipelines.reconstruction.folder import embed_folder
    from core.pipelines.reconstruction.pipeline import ReconstructionPipeline

    problems = []
    pipeline = ReconstructionPipeline(args.checkpoints, folders=True)
    latents, names = embed_folder(pipeline, args.model, args.images, problems, args.layer, align=args.align)
    for outcome in problems:
        print(f"{outcome.name} left out: {outcome.problem}", file=sys.stderr)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    part = args.out.with_name(f"{args.out.name}.part")
    with open(part, "wb") as file:
        np.savez(file, latents=latents, names=np.array(names))
    os.replace(part, args.out)
    print(f"{len(names)} pictures in {args.out}: latents {latents.shape}")


if __name__ == "__main__":
    run(main)
