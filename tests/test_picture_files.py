"""Pictures that the public endpoints hand out as files."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from core.recipe import Recipe, from_png
from ui.components.picture_files import KEEP_SECONDS, PictureFiles

DRAWN = (Image.new("RGB", (8, 8), "red"), Recipe(seed=3))


def test_a_file_carries_its_recipe_and_goes_after_a_while():
    files = PictureFiles()
    (first,) = files.write_all([DRAWN])
    assert from_png(Path(first).read_bytes()) == Recipe(seed=3)
    (second,) = files.write_all([DRAWN])
    assert Path(first).exists() and first != second
    long_ago = Path(first).stat().st_mtime - KEEP_SECONDS - 1
    os.utime(first, (long_ago, long_ago))
    files.write_all([])
    assert not Path(first).exists() and Path(second).exists()


def test_a_file_that_goes_while_the_folder_is_listed_fails_no_request(monkeypatch):
    files = PictureFiles()
    files.write_all([DRAWN, DRAWN])
    listed = Path.iterdir

    def emptied_meanwhile(folder):
        found = list(listed(folder))
        for path in found:
            path.unlink()
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", emptied_meanwhile)
    (path,) = files.write_all([DRAWN])
    assert Path(path).exists()
