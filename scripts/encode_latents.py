"""Phase one of latent diffusion: encode a data set to disk, every picture and its mirror image. Resumable.

Examples:
  python scripts/encode_latents.py --model kl --data celeba=data/celeba --out runs/latents
  python scripts/encode_latents.py --model models/stable-diffusion-v1-5 --data celeba=data/celeba --out runs/latents-sd
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model",
        default="kl",
        metavar="kl|sd|taesd|DIR",
        help="kl (the built-in one, default); sd and taesd where their weights are on this machine; a folder with an "
        "autoencoder, or a Stable Diffusion folder",
    )
    parser.add_argument(
        "--data", required=True, metavar="KIND=PATH", help="celeba=DIR, food101=DIR, utkface=DIR or folder=DIR"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for latents, labels and index")
    parser.add_argument("--size", type=int, help="side of the pictures in pixels (default: the model's, 256 at most)")
    parser.add_argument("--batch", type=int, default=32, help="pictures at a time (default 32)")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded pixels are kept")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()
    if args.batch < 1 or (args.size is not None and not 8 <= args.size <= 1024):
        parser.error("--size goes from 8 to 1024, --batch from 1.")

    from core import checkpoints, data
    from core.latents import encode_set
    from core.latents.codecs import encoder_on, open_codec
    from core.processes import Processes

    opened = open_codec(args.model, args.checkpoints or checkpoints.root())
    if opened.flat:
        parser.error("Latent diffusion needs latents with places; write the codes of cae and vae with embed.py.")
    size = args.size or opened.size
    if size % opened.codec.factor:
        parser.error(f"--size must be a multiple of {opened.codec.factor} for this model.")
    (kind, paths), *_ = data.parse_data_options([args.data]).items()
    processes = Processes.launched()
    with processes.main_first():
        pictures = data.load(kind, paths, size, args.cache)
    fingerprint = opened.fingerprint if size == opened.size else f"{opened.fingerprint} at {size} px"
    latents = encode_set(pictures, encoder_on(processes.device, opened.codec), fingerprint, args.out, batch=args.batch)
    if processes.main:
        print(f"{len(latents.names)} pictures in {args.out}: latents {latents.latents.shape}")


if __name__ == "__main__":
    run(main)
