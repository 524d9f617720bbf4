"""Measure a checkpoint and rewrite its metrics.json, samples.webp and model card (README.md).

Examples:
  python scripts/evaluate.py classifier --data celeba=data/celeba --data food101=data/food101
  python scripts/evaluate.py autoencoder-kl --data celeba=data/celeba --data food101=data/food101
  python scripts/evaluate.py taesd --data celeba=data/celeba --most 200
  python scripts/evaluate.py path/to/vae --data celeba=data/celeba --out runs/vae.json
  python scripts/evaluate.py my-classes --data folder=MY_PHOTOS
  python scripts/evaluate.py faces --data celeba=data/celeba --samples 2000
  python scripts/evaluate.py compare --data celeba=data/celeba --samples 1000
  python scripts/evaluate.py styles --data celeba=data/celeba --data utkface=data/utkface
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "name",
        metavar="NAME",
        help="classifier, autoencoder-cae, -vae or -kl, faces, gan, variations, clip, text, styles; "
        "a classifier of own classes; compare for all "
        "generators of faces by one protocol; or sd, taesd or the folder of an autoencoder, which are measured at 256 "
        "pixels into --out",
    )
    parser.add_argument(
        "--data", action="append", required=True, metavar="KIND=PATH", help="repeatable: celeba=, food101=, utkface="
    )
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--samples", type=int, help="faces to draw for distances (default 2000; of each style 200)")
    parser.add_argument("--styles", nargs="+", default=[], metavar="STYLE", help="these alone (default all there are)")
    parser.add_argument("--control", type=int, default=100, help="faces per attribute and direction (default 100)")
    parser.add_argument("--part", choices=("val", "test"), default="test", help="pictures to measure on (default test)")
    parser.add_argument("--prior", type=int, default=1000, help="samples of an autoencoder's prior (default 1000)")
    parser.add_argument("--most", type=int, help="test pictures per set for an autoencoder (default all)")
    parser.add_argument("--size", type=int, help="side of the pictures in pixels (default: what the model takes)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="for sd, taesd or a folder (default checkpoints/benchmark-NAME.json)"
    )
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded pixels are kept")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/evaluation"), help="for grids that show data pictures; not for sharing"
    )
    args = parser.parse_args()
    usual = {"styles": 200, "compare": 1000, "gan": 1000, "variations": 1000}
    args.samples = args.samples if args.samples is not None else usual.get(args.name, 2000)
    if args.samples < 2 or args.control < 1 or args.prior < 2 or (args.most is not None and args.most < 2):
        parser.error("--samples, --prior and --most must be 2 or more, --control 1 or more.")

    from core import checkpoints, data
    from core.evaluation import EVALUATIONS, Options, evaluate, evaluate_elsewhere, evaluate_generators, evaluate_styles
    from core.evaluation.compare import table
    from core.evaluation.options import recorded
    from core.latents import sources

    root = args.checkpoints or checkpoints.root()
    foreign = args.name in sources.HOSTED or (args.out is not None and args.name not in EVALUATIONS)
    size = args.size or _size(args.name, root, foreign)
    paths = data.parse_data_options(args.data)
    sets = {kind: data.load(kind, path, size, args.cache) for kind, path in paths.items()}
    options = Options(recorded(sys.argv), args.part, args.samples, args.control, args.prior, args.most, args.work)
    if args.name == "compare":
        print("\n".join(table(evaluate_generators(root, sets, options))))
    elif args.name == "styles":
        for name, metrics in evaluate_styles(root, sets, options, args.styles):
            print(_summary(name, metrics), flush=True)
    elif foreign:
        out = args.out or root / f"benchmark-{args.name}.json"
        evaluate_elsewhere(args.name, root, sets, options, out)
        print(f"{out} is written.")
    else:
        evaluate(args.name, root, sets, options)
        print(f"{root / args.name / 'metrics.json'} and the model card beside it are written.")


def _size(name: str, root: Path, foreign: bool) -> int:
    """Return the side of the pictures that a model is measured on; a denoiser's is its autoencoder's, and so is
    CLIP's, which reduces them.
    """
    from core import checkpoints
    from core.latents import sources

    if foreign:
        return sources.metadata(sources.find(name, root)).size
    own = root / name
    draws = name in ("clip", "faces", "gan", "variations", "compare") or not (own / "config.json").is_file()
    return checkpoints.picture_size(root / "autoencoder-kl" if draws else own)


def _summary(name: str, metrics: dict) -> str:
    detected, areas = metrics["detected"]["drawn"], metrics["attribute_auc_in_style"]["drawn"]
    monotone = "monotone" if metrics["strength_is_monotone"] else "NOT monotone"
    named = f", named in {detected['named']:.1%}" if "named" in detected else ""
    return (
        f"{name}: detected in {detected['pairs_detected']:.1%} of pairs{named}, attribute AUC drops by "
        f"{areas['drop']:.3f}, strength {monotone}"
    )


if __name__ == "__main__":
    run(main)
