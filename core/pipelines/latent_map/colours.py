"""Colourings of a map."""

from __future__ import annotations

import numpy as np

from core import attributes
from core.latents.atlas import Atlas
from core.latents.spaces import Space
from core.pipelines.latent_map.types import METHODS, Colouring, LatentMapError


def choices(atlas: Atlas, space: Space) -> list[tuple[str, str]]:
    """List (key for :func:`colour`, title): measured attributes, requested attributes, then the rest."""
    keys = []
    if atlas.measured is not None:
        keys += [(f"measured:{name}", attributes.label(name)) for name in attributes.NAMES]
    if atlas.requested is not None:
        origin = "requested" if atlas.kind == "generated" else "labelled"
        keys += [(f"requested:{name}", f"{attributes.label(name)}, {origin}") for name in attributes.NAMES]
    if atlas.classes is not None and atlas.class_names:
        keys.append(("class", "Class"))
    keys += [(f"cluster:{method}", title) for method, title in METHODS.items() if method in space.clusterings]
    if space.psnr is not None:
        keys.append(("error", "Reconstruction, dB"))
    return [*keys, ("density", "Density")]


def colour(atlas: Atlas, space: Space, by: str) -> Colouring:
    """Return one value per picture. Raises ``LatentMapError`` for a key that is not among :func:`choices`."""
    titles = dict(choices(atlas, space))
    if by not in titles:
        raise LatentMapError(f"These pictures cannot be coloured by {str(by)[:40]!r}.")
    kind, _, which = by.partition(":")
    if kind == "measured":
        return Colouring(titles[by], "share", (atlas.measured[:, attributes.INDEX[which]] / 255).astype(np.float32))
    if kind == "requested":
        return Colouring(titles[by], "sign", atlas.requested[:, attributes.INDEX[which]].astype(np.float32))
    if kind == "class":
        return Colouring(titles[by], "category", atlas.classes.astype(np.float32), atlas.class_names)
    if kind == "cluster":
        labels = space.clusterings[which]
        names = tuple(f"Cluster {number + 1}" for number in range(int(labels.max()) + 1))
        return Colouring(titles[by], "category", labels.astype(np.float32), names)
    if kind == "error":
        return Colouring(titles[by], "amount", np.asarray(space.psnr, np.float32))
    return Colouring(titles[by], "share", space.density())
