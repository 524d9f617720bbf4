"""Merged copies of one denoiser: what a request wears is in the weights, so drawing takes no longer than without.

Nothing is attached and taken off again: two requests in different styles run different networks, and each gets bit for
bit what it would get alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import nn

from core.data.framing import Framing
from core.models.adapter_files import WEIGHTS, Adapter, read_adapter
from core.models.adapters import Base, Worn, check_fit

MOST_ADAPTERS = 64


class Wardrobe:
    """``base`` says what fits, ``find`` where a style's file lies; ``dress`` makes a copy of the network in styles, of
    which the newest ``most`` are kept.
    """

    def __init__(
        self, base: Base, find: Callable[[str], Path], dress: Callable[[Sequence[Worn]], nn.Module], most: int
    ) -> None:
        self.base, self._find, self._dress, self._most = base, find, dress, most
        self._merged: OrderedDict[tuple, nn.Module] = OrderedDict()
        self._adapters: OrderedDict[tuple, Adapter] = OrderedDict()
        self._lock = threading.Lock()

    def dressed(self, styles: Mapping[str, float], parts: tuple[float, float, float]) -> nn.Module | None:
        """The network in these styles; None for no styles. Raises ``AdapterError`` and what ``find`` raises."""
        weights = {name: weight for name, weight in sorted(styles.items()) if weight != 0}
        if not weights or not any(parts):
            return None
        with self._lock:
            worn = [Worn(self._adapter(name), weight, parts) for name, weight in weights.items()]
            key = tuple(one.key for one in worn)
            if key not in self._merged:
                network = self._dress(worn)
                while len(self._merged) >= self._most:
                    self._merged.popitem(last=False)
                self._merged[key] = network
            self._merged.move_to_end(key)
            return self._merged[key]

    def framing(self, styles: Mapping[str, float]) -> Framing:
        """How much nearer these styles bring a portrait: as the strongest does of those that move the camera."""
        with self._lock:
            worn = [(weight, self._adapter(name).facts) for name, weight in styles.items() if weight > 0]
        moves = [(weight, Framing.of(facts["framing"])) for weight, facts in worn if "framing" in facts]
        weight, framing = max(moves, key=lambda move: move[0], default=(0.0, Framing()))
        return framing.partly(weight)

    def _adapter(self, name: str) -> Adapter:
        """Read once for as long as its file stays the same."""
        path = self._find(name)
        stat = _weights(path).stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        if key not in self._adapters:
            adapter = read_adapter(path, name)
            check_fit(adapter, self.base)
            while len(self._adapters) >= MOST_ADAPTERS:
                self._adapters.popitem(last=False)
            self._adapters[key] = adapter
        self._adapters.move_to_end(key)
        return self._adapters[key]


def _weights(path: Path) -> Path:
    return path / WEIGHTS if path.is_dir() else path
