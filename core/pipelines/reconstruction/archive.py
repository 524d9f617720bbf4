"""A grid of reconstructions as one zip: every picture, and their figures as a table."""

from __future__ import annotations

import csv
import io
import re
import zipfile

from core.images import write_png
from core.pipelines.progress import Cancel
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import GridRequest, Reconstruction

COLUMNS = ("picture", "model", "file", "psnr", "ssim", "embedding_distance", "ms", "problem")
_UNSAFE = re.compile(r"[^\w.-]+|\.{2,}")


def grid_archive(pipeline: ReconstructionPipeline, request: GridRequest, cancel: Cancel | None = None) -> bytes | None:
    """A zip with a folder for each picture (``original-SIZE.png`` and a PNG for each model) and ``metrics.csv``; None
    where it is cancelled. A model that fails has a row with its reason and no picture.
    """
    file, table = io.BytesIO(), io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    originals: set[str] = set()
    with zipfile.ZipFile(file, "w") as archive:  # PNG is compressed already
        for cell in pipeline.grid(request):
            if cancel is not None and cancel():
                return None
            name, model = request.pictures[cell.row][0], request.models[cell.column]
            folder = f"{cell.row + 1:02d}-{_UNSAFE.sub('-', name).strip('-.')[:60]}"
            path = f"{folder}/{_UNSAFE.sub('-', model)}.png"
            if cell.result is None:
                rows.writerow([_plain(name), model, "", "", "", "", "", cell.problem])
                continue
            original = f"{folder}/original-{cell.result.before.width}.png"
            if original not in originals:
                originals.add(original)
                archive.writestr(original, write_png(cell.result.before))
            archive.writestr(path, write_png(cell.result.after))
            rows.writerow([_plain(name), model, path, *_figures(cell.result), ""])
        archive.writestr("metrics.csv", table.getvalue())
    return file.getvalue()


def _figures(result: Reconstruction) -> tuple[str, ...]:
    distance = "" if result.embedding_distance is None else f"{result.embedding_distance:.6f}"
    return f"{result.psnr:.4f}", f"{result.ssim:.6f}", distance, f"{result.milliseconds:.1f}"


def _plain(name: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@") else name
