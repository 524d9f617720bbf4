"""What changed in a face although nobody requested it."""

from __future__ import annotations

from collections.abc import Collection

from core import attributes
from core.pipelines.faces.types import Entanglement


def entangled(
    before: dict[str, float], after: dict[str, float], requested: Collection[str]
) -> tuple[Entanglement, ...]:
    """Probabilities before and after -> at most five attributes that crossed one half by a wide step, unrequested."""
    moved = [
        Entanglement(name, before[name], after[name])
        for name in attributes.NAMES
        if name not in requested and (before[name] > 0.5) != (after[name] > 0.5)
    ]
    strong = [change for change in moved if abs(change.after - change.before) > 0.3]
    return tuple(sorted(strong, key=lambda change: -abs(change.after - change.before))[:5])
