"""Measure the app on this machine: start, memory, drawing and its arithmetic floor, editing, prompts, styles, the map,
and the same weights in a plain pipeline.

Example: python scripts/benchmark.py --json runs/app.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from _command import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    parser.add_argument("--times", type=int, default=20, help="drawings of which the median is taken (default 20)")
    parser.add_argument("--no-app", action="store_true", help="leave out starting app.py and its memory")
    parser.add_argument("--no-plain", action="store_true", help="leave out the plain diffusers loop")
    parser.add_argument("--no-map", action="store_true", help="leave out the Latent map")
    parser.add_argument("--photos", type=int, default=2000, help="photos of one's own on a map (default 2000)")
    parser.add_argument("--no-prompts", action="store_true", help="leave out Text prompts")
    parser.add_argument("--no-styles", action="store_true", help="leave out drawing in styles")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    args = parser.parse_args()
    if min(args.times, args.photos) < 1:
        parser.error("--times and --photos must be 1 or more.")

    from core import checkpoints
    from core.benchmarks import app, floor, latent_map, memory, prompts, styles

    root = args.checkpoints or checkpoints.root()
    rows = app.machine()
    try:
        if not args.no_app:
            rows |= app.measure_app(root.resolve()) | memory.measure_memory(root)
        rows |= app.measure_pipeline(root, args.times) | floor.measure_floor(root, args.times)
        if not args.no_prompts:
            rows |= prompts.measure_prompts(root, args.times, plain=not args.no_plain)
        if not args.no_styles:
            rows |= styles.measure_styles(root, args.times)
        if not args.no_map:
            rows |= latent_map.measure_map(root, args.times, args.photos)
        if not args.no_plain:
            rows |= app.measure_plain(root, max(1, args.times // 7))
            rows |= app.ratios(rows)
    except app.BenchmarkError as error:
        sys.exit(f"error: {error}")
    for name, value in rows.items():
        shown = f"{value:,.2f}" if isinstance(value, float) else str(value)
        print(f"{name.replace('_', ' '):<26}{shown:>14}")
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
