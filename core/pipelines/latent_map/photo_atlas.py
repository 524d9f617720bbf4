"""Makes the atlas of a visitor's photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.latents.atlas import Atlas
from core.latents.spaces import picture_side
from core.pipelines.latent_map.photos import PhotoReader
from core.pipelines.latent_map.types import Advance
from core.pipelines.progress import Cancel

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine

NO_FACES = "Attributes are read as of faces; of a picture without a face they say nothing."


def photo_atlas(
    root: Path,
    engine: Callable[[], LatentMapEngine],
    sources: Sequence[str | Path],
    cancel: Cancel | None,
    *,
    align: bool = False,
) -> Iterator[Advance | Atlas]:
    """Files, folders or zips of photos -> :class:`Advance`, then the atlas with PCA and clusters; none if cancelled.

    ``align`` takes the square of each photo's largest face.
    """
    from core.pipelines.latent_map.build import Pictures, assemble, encode_pictures

    reader = PhotoReader(sources, picture_side(root), cancel, root / "autoencoder-kl" if align else None)
    yield from reader
    if reader.cancelled:
        return
    vectors = None
    for step in encode_pictures(engine(), reader.pixels, cancel=cancel):
        if isinstance(step, Advance):
            yield step
        else:
            vectors = step
    if vectors is None:
        return
    few = ("So few photos make no map; ten or more are worth looking at.",) if len(reader.names) < 10 else ()
    notes = (*reader.notes, *few, *([NO_FACES] if "measured" in vectors and not align else []))
    pictures = Pictures(reader.pixels, "Your photos", "photos", names=tuple(reader.names), notes=notes)
    yield from assemble(root, pictures, vectors)
