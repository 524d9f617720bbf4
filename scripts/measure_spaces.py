"""Measure the quality of each latent space on unseen pictures: writes JSON and a Markdown table.

Example: python scripts/measure_spaces.py --data celeba=DIR --data food101=DIR --out runs/spaces
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from _command import run

if TYPE_CHECKING:
    from core.data import PictureSet
    from core.latents.quality import SpaceQuality


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", action="append", required=True, metavar="KIND=PATH", help="repeatable: celeba=DIR, food101=DIR"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for spaces.json and spaces.md")
    parser.add_argument(
        "--spaces", nargs="+", default=(), metavar="SPACE", help="clip, classifier, ... (default: all that are here)"
    )
    parser.add_argument("--most", type=int, default=8000, metavar="N", help="pictures of each part (default 8000)")
    parser.add_argument("--maps", action="store_true", help="also fit UMAP and t-SNE and measure how faithful they are")
    parser.add_argument("--seed", type=int, default=0, help="of clusters, maps and samples (default 0)")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()

    from _command import load_sets

    from core import checkpoints
    from core.latents.quality import table
    from core.latents.spaces import ENCODERS, picture_side

    if unknown := [key for key in args.spaces if key not in ENCODERS]:
        parser.error(f"There is no space {unknown[0]!r}; there are: {', '.join(ENCODERS)}.")
    root = args.checkpoints or checkpoints.root()
    args.out.mkdir(parents=True, exist_ok=True)
    figures: dict[str, dict[str, SpaceQuality]] = {}
    sets = load_sets(args.data, size=picture_side(root))
    for kind, source in sets.items():
        for key, quality in measure_set(source, root, args).items():
            figures.setdefault(key, {})[kind] = quality
    titles = {key: encoder.title for key, encoder in ENCODERS.items()}
    marks = {each: checkpoints.fingerprint(root / each) for each in {ENCODERS[key].checkpoint for key in figures}}
    spaces = {key: {kind: asdict(quality) for kind, quality in rows.items()} for key, rows in figures.items()}
    content = {"weights": marks, "seed": args.seed, "most": args.most, "spaces": spaces}
    (args.out / "spaces.json").write_text(json.dumps(_plain(content), indent=1) + "\n", encoding="utf-8")
    (args.out / "spaces.md").write_text(table(figures, titles), encoding="utf-8")
    for source in sets.values():
        shutil.rmtree(args.out / f"{source.name}.build")
    print(table(figures, titles))


def measure_set(source: PictureSet, root: Path, args: argparse.Namespace) -> dict[str, SpaceQuality]:
    """Measure one set in every space: fitted on its training part, measured on its test part."""
    import numpy as np
    from tqdm import tqdm

    from core.latents.fitting import fit_in_process
    from core.latents.projection import fit_basis, pca_places
    from core.latents.quality import faithfulness, measure
    from core.latents.spaces import ENCODERS
    from core.networks.pool import pool_of
    from core.pipelines.latent_map.build import encode_pictures
    from core.pipelines.latent_map.engine import LatentMapEngine
    from core.pipelines.latent_map.types import Advance

    parts = [source.indices(part) for part in ("train", "test")]
    parts = [rows[np.linspace(0, len(rows) - 1, min(len(rows), args.most)).astype(int)] for rows in parts]
    rows = np.concatenate(parts)
    state = args.out / f"{source.name}.build"
    state.mkdir(exist_ok=True)
    with tqdm(total=len(rows), desc=f"look at {source.name}", unit="picture", mininterval=1) as bar:
        for step in encode_pictures(
            LatentMapEngine(pool_of(root)), source.pixels[rows], spaces=args.spaces, state=state
        ):
            if isinstance(step, Advance):
                bar.update(step.done - bar.n)
    labels, classes = (None if given is None else tuple(given[part] for part in parts) for given in _labels(source))
    found = {}
    for key in tqdm([key for key in ENCODERS if key in step], desc=f"measure {source.name}", unit="space"):
        train, test = (np.asarray(part, np.float32) for part in np.split(step[key], [len(parts[0])]))
        quality = measure(train, test, labels=labels, classes=classes, seed=args.seed)
        reduced = fit_basis(test).project(test)
        maps = {"pca2": pca_places(reduced, 2), "pca3": pca_places(reduced, 3)}
        if args.maps:
            maps |= {kind: fit_in_process(kind, reduced, args.seed) for kind in ("umap2", "umap3", "tsne2")}
        faith = {kind: faithfulness(test, places, args.seed) for kind, places in maps.items()}
        found[key] = replace(quality, maps=faith)
    return found


def _labels(source: PictureSet):
    """Return attributes (N, 40) or None, and classes (N,) or None. Male and Young make four classes of faces."""
    from core.attributes import INDEX

    if source.attributes is None or source.classes is not None:
        return source.attributes, source.classes
    present = source.attributes > 0
    return source.attributes, 2 * present[:, INDEX["Male"]] + present[:, INDEX["Young"]].astype(int)


def _plain(value):
    """Convert NaN, which JSON lacks, to null, and round to six digits."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return None if value != value else round(value, 6)
    return value


if __name__ == "__main__":
    run(main)
