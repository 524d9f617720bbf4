"""Train a style of the face or text model: a LoRA from one of the nine renderings, from a folder of pictures, or from
a data set of another kind of portrait.

Examples:
  python scripts/train_style.py --renderer oil --data celeba=data/celeba --out runs/styles/oil
  python scripts/train_style.py --pictures photos.zip --name summer --out runs/styles/summer
  python scripts/train_style.py --all --data celeba=data/celeba --out runs/styles --export checkpoints/styles
  python scripts/train_style.py --domain --full --data utkface=data/utkface --data celeba=data/celeba \
      --batch 64 --steps 1400 --rate 0.0005 --out runs/styles/close-up-full
  python scripts/train_style.py --domain --start runs/styles/close-up-full/last --data utkface=data/utkface \
      --data celeba=data/celeba --name "Close-up" --rank 12 --batch 64 --steps 800 --rate 0.001 \
      --out runs/styles/close-up --export checkpoints/styles/close-up
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import load_sets, run, with_options


def main() -> None:
    args = _options()

    from dataclasses import replace

    from core import checkpoints
    from core.stylize import NAMES, TITLES
    from core.training.lora.data import open_base
    from core.training.lora.train import PRESETS

    preset = with_options(PRESETS[args.preset], args)
    preset = replace(
        preset,
        rank=args.rank or preset.rank,
        everywhere=args.domain,
        full=args.full,
        loop=replace(
            preset.loop,
            learning_rate=args.rate or preset.loop.learning_rate,
            batch_size=args.batch or preset.loop.batch_size,
        ),
    )
    base = open_base(args.base, args.checkpoints or checkpoints.root())
    for name in NAMES if args.all else [args.renderer]:
        out = args.out / name if args.all else args.out
        export = args.export and (args.export / name if args.all else args.export)
        if export and args.all and args.resume and (export / "config.json").is_file():
            continue
        title = args.name or TITLES.get(name, "")
        _train(args, base, preset, name, title, out, export)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--renderer", metavar="STYLE", help="pencil, ink-wash, oil, watercolour, comic, woodcut, ...")
    source.add_argument("--pictures", type=Path, metavar="DIR", help="folder or zip of 5 to 200 pictures of the style")
    source.add_argument(
        "--all", action="store_true", help="the nine renderings one after the other, in folders of --out"
    )
    source.add_argument("--domain", action="store_true", help="the portraits of utkface as they are")
    parser.add_argument(
        "--full", action="store_true", help="full fine-tune; a style is then distilled by a run that has it as --start"
    )
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="KIND=PATH",
        help="celeba=DIR, food101=DIR; utkface=DIR and celeba=DIR for --domain",
    )
    parser.add_argument("--name", default="", help="title of the style")
    parser.add_argument("--trigger", default="", help="words that stand before every caption (text model)")
    parser.add_argument("--base", choices=("faces", "text"), default="faces", help="the model that learns it")
    parser.add_argument(
        "--preset", choices=("smoke", "app", "cpu", "gpu"), default="cpu", help="size and length of the run"
    )
    parser.add_argument("--out", type=Path, required=True, help="run folder: state to resume, log, samples, best/")
    parser.add_argument("--export", type=Path, metavar="DIR", help="the finished style's folder")
    parser.add_argument(
        "--start", type=Path, metavar="DIR", help="go on from a finished style, or distil a full fine-tune"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the state in --out")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    parser.add_argument("--rank", type=int, help="instead of the preset's, 1 to 128")
    parser.add_argument("--batch", type=int, help="pictures of a step instead of the preset's")
    parser.add_argument("--export-rank", type=int, help="make the finished style smaller: its nearest of this rank")
    parser.add_argument(
        "--export-scale", type=float, default=1.0, help="which weight of what was learned is to be strength 1"
    )
    parser.add_argument("--rate", type=float, help="learning rate instead of the preset's")
    parser.add_argument("--seed", type=int, help="instead of the preset's")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()
    if (args.renderer or args.all) and not args.data:
        parser.error("A rendering is learnt from pictures: give --data celeba=DIR.")
    if args.domain and {option.partition("=")[0] for option in args.data} != {"celeba", "utkface"}:
        parser.error("A domain is read by what is known of the first: give --data utkface=DIR and --data celeba=DIR.")
    if args.full and args.export:
        parser.error("All weights are no style yet: train one with --start and their last/, and export that.")
    if args.renderer:
        from core.stylize import NAMES

        if args.renderer not in NAMES:
            parser.error(f"--renderer is one of {', '.join(NAMES)}.")
    return args


def _train(args, base, preset, renderer: str | None, title: str, out: Path, export: Path | None) -> None:
    from core.reports.cards import write_card
    from core.training.lora.export import export_style, sampler
    from core.training.lora.train import train_style

    data, metadata = _data(args, base, preset, renderer)
    metadata = {"title": title, "renderer": renderer or "", "domain": "", "trigger": args.trigger, **metadata}
    show = sampler(base, out / "samples", args.trigger)
    loop = train_style(base, data, preset, out, metadata, show=show, start=args.start, resume=args.resume)
    if export and loop.processes.main:
        export_style(base, out, export, title=title, rank=args.export_rank, scale=args.export_scale)
        write_card(export)
        print(f"{export} written; draw with: python scripts/sample.py {args.base} --style {export.name} ...")


def _data(args, base, preset, renderer: str | None) -> tuple:
    """What is learnt from, as the options say, and what is to be known of it wherever the style is applied."""
    from core import checkpoints
    from core.data.style_photos import read_photos
    from core.training.lora.data import photo_data, read_attributes, rendered_data
    from core.training.lora.domain import domain_data

    if renderer:
        sets = load_sets(args.data, size=base.size)
        return rendered_data(base, sets, renderer, pictures=preset.pictures, trigger=args.trigger), {}
    classifier = checkpoints.load_model((args.checkpoints or checkpoints.root()) / "classifier")
    if args.domain:
        sets = load_sets(args.data, size=base.size)
        data, framing = domain_data(base, sets["utkface"], sets["celeba"], classifier, pictures=15 * preset.pictures)
        return data, {"domain": "utkface", "framing": [framing.zoom, framing.below]}
    pixels, problems = read_photos(args.pictures, base.size)
    for name, reason in problems:
        print(f"{name} left out: {reason}")
    return photo_data(base, pixels, read_attributes(classifier, pixels), trigger=args.trigger), {}


if __name__ == "__main__":
    run(main)
