"""Write one HTML page on a folder of checkpoints: samples, curves and figures, with nothing outside of the file.

Example:
  python scripts/write_report.py --checkpoints runs/speedrun/checkpoints --pictures "Text prompts=runs/speedrun/text" \\
      --out runs/speedrun/report.html
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument(
        "--pictures", action="append", default=[], metavar="TITLE=DIR", help="a folder of PNG files; repeatable"
    )
    parser.add_argument("--title", default="Training report", help="headline of the page")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.html", help="file to write")
    args = parser.parse_args()
    folders = {}
    for option in args.pictures:
        title, separator, folder = option.partition("=")
        if not separator or not Path(folder).is_dir():
            parser.error(f"--pictures takes TITLE=DIR with a folder that exists, not {option!r}.")
        folders[title] = Path(folder)

    from core import checkpoints
    from core.reports.run_report import write_report

    write_report(args.checkpoints or checkpoints.root(), args.out, args.title, folders)
    print(f"{args.out} written")


if __name__ == "__main__":
    run(main)
