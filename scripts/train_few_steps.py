"""Train the few-step adapter of the face denoiser: faces in four calls of the network, without guidance.

The teacher is the denoiser itself, drawing as the page does. The sets of ``--data`` are read for their attributes:
requests are made of them, no picture is used.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from _command import load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--trajectories", type=int, help="instead of the preset's")
    parser.add_argument("--rank", type=int, help="instead of the preset's")
    parser.add_argument("--export", action="store_true", help="write the adapter beside the denoiser in the end")
    args = parser.parse_args()

    from core import checkpoints
    from core.data import DataError
    from core.pipelines.faces.few_steps import FOLDER
    from core.pipelines.styles.library import FILE
    from core.training.export import training_metadata
    from core.training.few_steps import PRESETS, draw_trajectories, train_few_steps
    from core.training.lora.data import open_base

    sets = load_sets(args.data)
    if "celeba" not in sets:
        raise DataError("Requests are made of CelebA's attributes; give it with --data celeba=DIR.")
    preset = with_options(PRESETS[args.preset], args)
    given = {name: getattr(args, name) for name in ("trajectories", "rank") if getattr(args, name) is not None}
    preset = replace(preset, **given)
    root = args.checkpoints or checkpoints.root()
    base = open_base("faces", root)
    rows = sets["celeba"].attributes[sets["celeba"].indices("train")]
    data = draw_trajectories(base, rows, preset, args.out / "trajectories")
    loop = train_few_steps(base, data, preset, args.out, resume=args.resume)
    if args.export and loop.processes.main:
        folder = root / "faces" / FOLDER
        folder.mkdir(exist_ok=True)
        for name in ("config.json", FILE):  # the weights last: with them the folder counts
            shutil.copyfile(args.out / "last" / name, folder / name)
        checkpoints.write_json(folder / "training.json", training_metadata(args.out))
        print(f"{folder} written: faces in {preset.steps} steps")


if __name__ == "__main__":
    run(main)
