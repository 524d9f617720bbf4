"""Draw pictures from the command line, the same as the app for the same seed and attributes or prompt.

Examples:
  python scripts/sample.py faces --attributes rows.csv --seed 0 --out runs/drawn
  python scripts/sample.py text --prompts prompts.txt --seed 0 --out runs/drawn
  python scripts/sample.py gan --attributes rows.csv --seed 0 --out runs/drawn
  python scripts/sample.py vae --count 16 --out runs/drawn
  python scripts/sample.py variations --images photos --strength subtle --out runs/drawn
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
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
    faces.add_argument("--solver", help="dpm++, unipc, ddim, ddpm; flow-euler for flow weights (default: the app's)")
    add_style(faces)
    faces.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    faces.set_defaults(act=sample_faces)
    add_text(kinds)
    add_generator(kinds, "gan", "faces by the GAN, by attributes or with nothing set")
    add_generator(kinds, "vae", "samples of the variational autoencoder's prior, which takes no attributes")
    add_variations(kinds)
    args = parser.parse_args()
    args.act(args)


def add_text(kinds: argparse._SubParsersAction) -> None:
    text = kinds.add_parser(
        "text",
        help="pictures by prompts, one per line of a file",
        description="Draw one picture per line of a file: 00000.png, 00001.png ... Each PNG carries its recipe.",
    )
    text.add_argument("--prompts", type=Path, required=True, metavar="FILE.txt", help="one prompt per line")
    text.add_argument("--negative", default="", help="what the pictures should not show")
    text.add_argument("--seed", type=int, default=0, help="of the first line; line i has seed + i (default 0)")
    text.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    text.add_argument("--start", choices=("noise", "prior"), help="from noise, or from a draft (default: the app's)")
    text.add_argument("--level", type=float, default=0.6, help="noise on the draft, 0.05 to 1 (default 0.6)")
    text.add_argument("--steps", type=int, help="denoising steps, 1 to 250 (default: the app's)")
    text.add_argument("--guidance", type=float, help="guidance scale, 1 (off) to 15 (default: the app's)")
    text.add_argument("--solver", help="dpm++, unipc, ddim, ddpm or lcm (default: the app's)")
    text.add_argument(
        "--model",
        default="text",
        help="text (the built-in one, default), sd, a Stable Diffusion folder, file or its id",
    )
    add_style(text)
    text.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    text.set_defaults(act=sample_text)


def add_generator(kinds: argparse._SubParsersAction, name: str, what: str) -> None:
    parser = kinds.add_parser(name, help=what, description=f"Draw {what}: 00000.png, 00001.png ...")
    if name != "vae":
        parser.add_argument("--attributes", type=Path, metavar="ROWS.csv", help="as for faces: one picture per row")
    parser.add_argument("--count", type=int, help="pictures with nothing set, instead of a table")
    parser.add_argument("--seed", type=int, default=0, help="of the first picture; picture i has seed + i (default 0)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.set_defaults(act=sample_generator, name=name)


def add_variations(kinds: argparse._SubParsersAction) -> None:
    parser = kinds.add_parser(
        "variations",
        help="new faces like those of photos",
        description="Draw faces that keep what the classifier sees of each photo: 00000-NAME-0.png ...",
    )
    parser.add_argument("--images", type=Path, required=True, metavar="DIR_OR_ZIP", help="photos of faces")
    parser.add_argument(
        "--each", type=int, default=4, metavar="N", help="variations of each photo, 1 to 16 (default 4)"
    )
    parser.add_argument("--strength", default="strong", help="subtle keeps the picture's layout; strong (default)")
    parser.add_argument("--align", action="store_true", help="use the largest face; a photo without one is left out")
    parser.add_argument("--seed", type=int, default=0, help="of the first variation of every photo (default 0)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.set_defaults(act=sample_variations)


def sample_generator(args: argparse.Namespace) -> None:
    from core import checkpoints
    from core.pipelines.compare.folder import draw_files, wanted_batch

    batch = wanted_batch(getattr(args, "attributes", None), args.count, args.seed)
    drawn = list(draw_files(args.name, args.checkpoints or checkpoints.root(), batch, args.out))
    print(f"{len(drawn)} pictures drawn in {args.out}")


def sample_variations(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from core.pipelines.compare.folder import vary_files
    from core.pipelines.compare.pipeline import VariationsPipeline

    problems: list[tuple[str, str]] = []
    options = {"count": args.each, "seed": args.seed, "strength": args.strength}
    pipeline = VariationsPipeline(args.checkpoints)
    files = vary_files(pipeline, args.images, args.out, options, align=args.align, problems=problems)
    drawn = list(tqdm(files, desc="draw", unit="picture", mininterval=1, delay=1))
    for name, problem in problems:
        print(f"{name} left out: {problem}", file=sys.stderr)
    print(f"{len(drawn)} variations drawn in {args.out}")


def add_style(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="NAME[:W]",
        help="a style of checkpoints/styles; repeatable, each with its own weight",
    )
    parser.add_argument(
        "--style-weight",
        type=float,
        default=1.0,
        metavar="W",
        help="of styles that have none of their own: 0 off, 1 as trained (default)",
    )


def styles_of(args: argparse.Namespace) -> dict[str, float]:
    """The recipe's styles; 0 is the same as none, so that it draws and says the same. Raises ``RecipeError``."""
    from core.pipelines.styles.types import check_active
    from core.recipe import RecipeError

    styles = {}
    for style in args.style:
        name, separator, weight = style.partition(":")
        try:
            styles[name] = float(weight) if separator else args.style_weight
        except ValueError:
            raise RecipeError(
                f"The weight of the style {name[:40]!r} is a number, as in --style {name[:40]}:0.5."
            ) from None
    active = {name: weight for name, weight in styles.items() if weight}
    check_active(active)
    return active


def sample_text(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from core.pipelines.prompts.folder import draw_prompts, read_prompts
    from core.pipelines.prompts.pipeline import PromptsPipeline
    from core.pipelines.prompts.types import PromptRequest

    named = ("steps", "guidance", "solver", "start", "level")
    given = {name: getattr(args, name) for name in named if getattr(args, name) is not None}
    pipeline = PromptsPipeline(args.checkpoints, args.model)
    wanted = replace(pipeline.usual(), seed=args.seed, styles=styles_of(args), **given)
    request = PromptRequest.of(wanted, "", args.negative)
    prompts = read_prompts(args.prompts)
    notes = []
    drawn = draw_prompts(pipeline, request, prompts, args.out)
    for path, about in tqdm(drawn, total=len(prompts), desc="draw", unit="picture", mininterval=1, delay=1):
        notes += [f"{path.name}: {note}" for note in about]
    print("\n".join(notes), end="\n" if notes else "", file=sys.stderr)
    print(f"{len(prompts)} pictures drawn in {args.out}")


def sample_faces(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from core.pipelines.faces.pipeline import FacesPipeline
    from core.pipelines.faces.table import draw_rows, recipes_of

    given = {name: getattr(args, name) for name in ("steps", "guidance", "solver") if getattr(args, name) is not None}
    recipes = recipes_of(args.attributes, args.seed, styles=styles_of(args), **given)
    notes = []
    drawn = draw_rows(FacesPipeline(args.checkpoints), recipes, args.out)
    for path, about in tqdm(drawn, total=len(recipes), desc="draw", unit="face", mininterval=1, delay=1):
        notes += [f"{path.name}: {note}" for note in about]
    print("\n".join(notes), end="\n" if notes else "", file=sys.stderr)
    print(f"{len(recipes)} faces drawn in {args.out}")


if __name__ == "__main__":
    run(main)
