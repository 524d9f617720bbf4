"""Train denoisers for the same time on the same latents and measure each on validation faces: our network with every
objective, and the baseline U-Net. Writes comparison.json and comparison.png, which export_checkpoint.py takes along.

Example: python scripts/compare_denoisers.py --data celeba=data/celeba --minutes 6 --out runs/comparison
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from _command import encoded, load_sets, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=("smoke", "cpu", "gpu"), default="cpu", help="size of our network")
    parser.add_argument("--data", action="append", required=True, metavar="celeba=DIR")
    parser.add_argument("--minutes", type=float, default=6, help="training time of each (default 6)")
    parser.add_argument("--samples", type=int, default=256, help="faces for the distance (default 256)")
    parser.add_argument("--control", type=int, default=8, help="faces per attribute and direction (default 8)")
    parser.add_argument("--guidance", type=float, default=2.0, help="of the faces that are measured (default 2)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder per preset, and the result")
    args = parser.parse_args()

    from core import checkpoints
    from core.data import DataError
    from core.evaluation.compare_presets import curves_chart, measuring_root, preset_figures
    from core.training.compare_presets import compared_presets, train_for
    from core.training.export import export_run

    autoencoder = checkpoints.root() / "autoencoder-kl"
    sets = load_sets(args.data, size=checkpoints.picture_size(autoencoder))
    if "celeba" not in sets:
        raise DataError("Denoisers are compared on CelebA; give it with --data celeba=DIR.")
    latents = encoded(sets["celeba"], autoencoder, args.out / "latents")
    result: dict[str, dict[str, float]] = {}
    for name, preset in compared_presets(args.preset).items():
        folder = args.out / name.replace(", ", "-").lower()
        if not (folder / "last").is_dir():
            train_for(latents, preset, 60 * args.minutes, folder)
        if not (folder / "figures.json").is_file():
            root = measuring_root(folder / "checkpoints", checkpoints.root())
            export_run(folder, root / "faces", which="last")
            figures = preset_figures(
                root, sets["celeba"], guidance=args.guidance, samples=args.samples, control=args.control
            )
            checkpoints.write_json(folder / "figures.json", figures)
        result[name] = checkpoints.read_json(folder / "figures.json")
        print(name, json.dumps(result[name]), flush=True)
    checkpoints.write_json(args.out / "comparison.json", result)
    runs = {name: args.out / name.replace(", ", "-").lower() for name in result}
    curves_chart(runs, args.minutes).raster(96).save(args.out / "comparison.png", optimize=True)


if __name__ == "__main__":
    run(main)
