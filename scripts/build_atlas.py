"""Build an atlas for the Latent map: pictures, their vectors and maps in every space. Resumes where it was stopped.

Examples:
  python scripts/build_atlas.py --generate 8000 --seed 0 --out checkpoints/atlases/faces
  python scripts/build_atlas.py --generate 8000 --like celeba=DIR --out checkpoints/atlases/faces
  python scripts/build_atlas.py --data celeba=DIR --out runs/atlases/celeba
  python scripts/build_atlas.py --data food101=DIR --part test --out runs/atlases/food
  python scripts/build_atlas.py --data folder=PHOTOS --out runs/atlases/photos
  python scripts/build_atlas.py --add clip --out checkpoints/atlases/faces    (adds or rebuilds a space)
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from _command import run

if TYPE_CHECKING:
    import numpy as np

    from core.latents.atlas import Atlas
    from core.pipelines.latent_map.build import Pictures
    from core.processes import Processes


CHUNK = 256  # faces that are drawn and saved at a time
STEPS = 6  # denoising steps: two fewer than the page's default save a quarter of the time


def main() -> None:
    args = _arguments()

    from core import checkpoints
    from core.latents.atlas import Atlas
    from core.processes import Processes

    root = args.checkpoints or checkpoints.root()
    processes = Processes.launched()
    if args.add and not processes.main:
        return  # minutes for one process
    made = _with_more(args, root) if args.add else _built(args, root, processes)
    if made is None:
        return
    made.save(args.out)
    Atlas.open(args.out)
    if not args.add:
        shutil.rmtree(_state(args))
    size = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file())
    print(f"{made.count} pictures in {args.out}: {', '.join(made.spaces)}; {size / 1e6:.1f} MB")


def _built(args: argparse.Namespace, root: Path, processes: Processes) -> Atlas | None:
    """Build the atlas; processes other than the main one return None when their share is done."""
    from core.pipelines.latent_map.build import assemble, kept_maps
    from core.pipelines.latent_map.shared_build import encode_together, fit_maps

    state = _state(args)
    pictures = _generated(args, root, state, processes) if args.generate else _of_data(args, root, processes)

    from core.networks.pool import pool_of
    from core.pipelines.latent_map.engine import LatentMapEngine  # imports torch, which the pictures do not need

    state.mkdir(parents=True, exist_ok=True)
    arrays = _followed(encode_together(LatentMapEngine(pool_of(root)), pictures.pixels, state, processes))
    slow = kept_maps(state, args.seed)
    if processes.count > 1:
        _followed(fit_maps(arrays, slow, processes))
    return _followed(assemble(root, pictures, arrays, slow=slow, seed=args.seed)) if processes.main else None


def _with_more(args: argparse.Namespace, root: Path) -> Atlas:
    """Rebuild some spaces of the atlas in --out. It takes minutes, so no state is kept."""
    from core.latents.atlas import Atlas
    from core.latents.fitting import fit_in_process
    from core.networks.pool import pool_of
    from core.pipelines.latent_map.build import add_spaces
    from core.pipelines.latent_map.engine import LatentMapEngine

    def fitted(key: str, kind: str, reduced: np.ndarray) -> np.ndarray:
        return fit_in_process(kind, reduced, args.seed)

    engine, atlas = LatentMapEngine(pool_of(root)), Atlas.open(args.out)
    return _followed(add_spaces(engine, atlas, args.add, slow=fitted, seed=args.seed))


def _followed(steps: Iterator) -> object:
    """Run the steps with a bar for each phase; return the last value."""
    from tqdm import tqdm

    from core.pipelines.latent_map.types import Advance

    bars: dict[str, tqdm] = {}
    step = None
    for step in steps:
        if isinstance(step, Advance):
            if step.phase not in bars:
                bars[step.phase] = tqdm(total=step.total, desc=step.phase, mininterval=1)
            bars[step.phase].update(step.done - bars[step.phase].n)
            if step.done == step.total:
                bars[step.phase].close()
    return step


def _state(args: argparse.Namespace) -> Path:
    return args.out.with_name(f"{args.out.name}.build")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write; kept beside: DIR.build"
    )
    parser.add_argument("--generate", type=int, metavar="N", help="draw N faces with the present face model")
    parser.add_argument("--like", metavar="celeba=DIR", help="attributes as frequent, and together, as in this set")
    parser.add_argument("--data", metavar="KIND=PATH", help="celeba=DIR, food101=DIR, utkface=DIR or folder=DIR")
    parser.add_argument(
        "--add", nargs="+", metavar="SPACE", help="make these spaces (clip, classifier, ...) of the atlas in --out anew"
    )
    parser.add_argument("--part", choices=("train", "val", "test"), help="of --data (default: all pictures)")
    parser.add_argument("--most", type=int, default=10_000, metavar="N", help="pictures of --data (default 10000)")
    parser.add_argument("--title", help="as the chooser shows it")
    parser.add_argument("--seed", type=int, default=0, help="of the first face, of maps and clusters (default 0)")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="default: the repository's checkpoints/")
    args = parser.parse_args()
    if sum(map(bool, (args.generate, args.data, args.add))) != 1:
        parser.error("Say one of --generate N, --data KIND=PATH and --add SPACE.")
    from core.latents.spaces import ENCODERS

    if unknown := [key for key in args.add or () if key not in ENCODERS]:
        parser.error(f"There is no space {unknown[0]!r}; there are: {', '.join(ENCODERS)}.")
    if not 2 <= (args.generate or args.most) <= 50_000:
        parser.error("An atlas holds 2 to 50000 pictures.")
    return args


def _generated(args: argparse.Namespace, root: Path, state: Path, processes: Processes) -> Pictures:
    """Draw faces of the seeds from --seed on, in chunks that are saved until the end; each process draws a share."""
    import numpy as np
    from tqdm import tqdm

    from core import checkpoints
    from core.evaluation.generate import draw_faces
    from core.pipelines.faces.pipeline import FacesPipeline
    from core.pipelines.latent_map.build import Pictures, present_shares, sample_rows
    from core.recipe import SEEDS, Recipe, to_json
    from core.reports.data_set import correlation

    if args.like:
        source = _set(args.like, root, processes)
        if source.attributes is None:
            raise SystemExit("error: --like needs a set with attributes, such as celeba=DIR.")
        labels = source.attributes[source.indices("train")]
        shares, together = (labels > 0).mean(axis=0), correlation(labels)
    else:
        shares, together = present_shares(root), None
    rows = sample_rows(args.generate, shares, together, args.seed)
    seeds = (args.seed + np.arange(args.generate)) % SEEDS
    engine, recipe = FacesPipeline(root).engine, Recipe(steps=STEPS)
    made_with = {part: checkpoints.fingerprint(root / part) for part in ("faces", "autoencoder-kl")}
    made_with |= {"steps": STEPS, "seed": args.seed, "like": bool(args.like), "count": args.generate}
    known = state / "drawn.json"
    with processes.main_first():
        if processes.main and (not known.is_file() or checkpoints.read_json(known) != made_with):
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir(parents=True)
            checkpoints.write_json(known, made_with)
    own = range(CHUNK * processes.index, args.generate, CHUNK * processes.count)
    for start in tqdm(own, desc="draw", unit="chunk", mininterval=1, disable=not processes.main):
        path, chunk = state / f"pixels-{start:06d}.npy", slice(start, start + CHUNK)
        if not path.is_file():
            part = path.with_suffix(".part")
            with open(part, "wb") as file:
                np.save(file, draw_faces(engine, recipe, seeds[chunk].tolist(), rows[chunk].astype(np.float32)))
            part.rename(path)
    processes.wait()
    pixels = np.concatenate([np.load(path) for path in sorted(state.glob("pixels-*.npy"))])
    command = f"python scripts/build_atlas.py --generate {args.generate} --seed {args.seed} --out {args.out}"
    return Pictures(
        pixels=pixels,
        title=args.title or "Generated faces",
        kind="generated",
        requested=rows,
        seeds=seeds.astype(np.int64),
        recipe=to_json(recipe),
        command=command + (" --like celeba=DIR" if args.like else ""),
    )


def _of_data(args: argparse.Namespace, root: Path, processes: Processes) -> Pictures:
    """Take an even sample of a picture set. Such an atlas holds real pictures: keep it where the set may be kept."""
    import numpy as np

    from core.pipelines.latent_map.build import Pictures

    source = _set(args.data, root, processes)
    rows = source.indices(args.part) if args.part else np.arange(len(source))
    if len(rows) < 2:
        raise FileNotFoundError(f"{args.data} has fewer than two pictures in this part.")
    if len(rows) > args.most:
        rows = rows[np.linspace(0, len(rows) - 1, args.most).astype(int)]
    kind = args.data.split("=", 1)[0]
    return Pictures(
        pixels=source.pixels[rows],
        title=args.title or source.name,
        kind="pictures",
        requested=None if source.attributes is None else source.attributes[rows].astype(np.int8),
        classes=None if source.classes is None else source.classes[rows].astype(np.int16),
        class_names=source.class_names,
        names=tuple(source.names[row] for row in rows),
        command=f"python scripts/build_atlas.py --data {kind}=DIR --out {args.out}",
    )


def _set(option: str, root: Path, processes: Processes):
    """Open a picture set; with several processes, the first decodes it."""
    from core import data
    from core.latents.spaces import picture_side

    (kind, paths), *_ = data.parse_data_options([option]).items()
    with processes.main_first():
        return data.load(kind, paths, picture_side(root))


if __name__ == "__main__":
    run(main)
