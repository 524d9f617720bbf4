"""Describe a picture set: sizes, label balance, co-occurrence, samples, moments. Writes pictures, JSON and a page.

Example: python scripts/describe_data.py --data celeba=data/celeba --out runs/described
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="KIND=PATH",
        help="what to describe: celeba=, food101=, utkface= or folder= and where it lies; may be given several times",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to, one subfolder per set")
    parser.add_argument("--size", type=int, default=64, help="side in pixels the pictures are brought to (default 64)")
    parser.add_argument("--seed", type=int, default=0, help="which samples the grid shows (default 0)")
    parser.add_argument("--dpi", type=int, default=192, help="resolution of the PNG files (default 192; 600 for print)")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded pixels are kept")
    options = parser.parse_args()
    if not 8 <= options.size <= 1024 or not 36 <= options.dpi <= 1200 or options.seed < 0:
        parser.error("--size goes from 8 to 1024, --dpi from 36 to 1200, and --seed is not negative.")

    from core.data import load, parse_data_options
    from core.reports.data_page import drawings, write_report
    from core.reports.data_set import describe

    for kind, paths in parse_data_options(options.data).items():
        pictures = load(kind, paths, options.size, options.cache)
        description = describe(pictures, paths[0])  # whose tables are named
        report = write_report(
            description, drawings(description, pictures, options.seed), options.out / kind, dpi=options.dpi
        )
        print(f"{kind}: {description.pictures:,} pictures described in {report}")


if __name__ == "__main__":
    run(main)
