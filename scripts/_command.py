"""Shared by all commands: options, logging, and errors without tracebacks."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is downloaded unless a command requests it


def run(main: Callable[[], None]) -> None:
    """Call ``main``; expected errors end the program with one sentence and status 1, Ctrl-C with 130."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # The errors for the user are imported only now: they import torch, which --help does not need.
        if isinstance(error, _expected_errors()):
            named = isinstance(error, OSError) and error.strerror and error.filename
            sys.exit(f"error: {error.filename}: {error.strerror}" if named else f"error: {error}")
        raise


def _expected_errors() -> tuple[type[Exception], ...]:
    from core.attributes import AttributeValueError
    from core.checkpoints import CheckpointError
    from core.data import DataError
    from core.images import PictureError
    from core.latents.atlas import AtlasError
    from core.latents.fitting import ProjectionError
    from core.latents.store import LatentsError
    from core.recipe import RecipeError

    meant = (AtlasError, AttributeValueError, CheckpointError, DataError, LatentsError, PictureError, ProjectionError)
    return *meant, RecipeError, OSError


def training_parser(description: str, kinds: str) -> argparse.ArgumentParser:
    """Return a parser with the options that all ``train_*.py`` share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--preset", choices=("smoke", "cpu", "gpu"), default="cpu", help="size and length of the run")
    parser.add_argument("--data", action="append", required=True, metavar="KIND=PATH", help=f"repeatable: {kinds}")
    parser.add_argument("--out", type=Path, required=True, help="run folder: state to resume, log, best/ and last/")
    parser.add_argument("--resume", action="store_true", help="go on from the state in --out")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    parser.add_argument("--seed", type=int, help="instead of the preset's")
    parser.add_argument("--muon", action="store_true", help="Muon for the matrices, instead of AdamW for all")
    return parser


def with_options(preset: Any, args: argparse.Namespace) -> Any:
    """Return the preset with the steps, seed and optimiser of the command line."""
    changed = {name: getattr(args, name) for name in ("steps", "seed") if getattr(args, name) is not None}
    return replace(preset, loop=replace(preset.loop, **changed, muon=getattr(args, "muon", False) or preset.loop.muon))


def load_sets(options: list[str], *, size: int = 64, sizes: dict[str, int] | None = None) -> dict:
    """Open the picture sets of ``--data`` by kind, at ``size`` pixels or the size of their kind in ``sizes``.

    With several processes, the first decodes them.
    """
    from core import data
    from core.processes import Processes

    sizes = sizes or {}
    given = data.parse_data_options(options)
    with Processes.launched().main_first():
        return {kind: data.load(kind, paths, sizes.get(kind, size)) for kind, paths in given.items()}


def encoded(source: Any, autoencoder: Path, folder: Path) -> Any:
    """Open the latents of a picture set in ``folder``; encode them first if they are missing."""
    from core import checkpoints
    from core.latents import encode_set
    from core.latents.codecs import encoder_on
    from core.models import LatentCodec
    from core.processes import Processes

    codec = LatentCodec(checkpoints.load_model(autoencoder))
    encode = encoder_on(Processes.launched().device, codec, quick=True)
    return encode_set(source, encode, checkpoints.fingerprint(autoencoder), folder)
