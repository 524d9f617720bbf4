"""Merged copies of one denoiser: adapters are added to the weights, so drawing takes no longer than without them.

Nothing is attached and detached: requests with different styles run different copies, and each gives the same bits as
if it ran alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import nn

from core.data.framing import Framing
from core.models.adapter_files import Adapter, brought_as, read_adapter, weights_file
from core.models.adapters import ActiveAdapter, Base, check_fit, merged_text_encoder

MOST_ADAPTERS = 64
MOST_BYTES = 512 * 2**20  # of adapters in memory; one alone may be larger

Merge = Callable[[Sequence[ActiveAdapter]], nn.Module]
Parts = tuple[float, float, float]


class AdapterCache:
    """Keeps the newest ``most`` copies that ``merge`` made of a network with adapters.

    ``base`` describes the network, ``find`` returns the folder of a style. All methods raise ``AdapterError`` and what
    ``find`` raises.
    """

    def __init__(self, base: Base, find: Callable[[str], Path], merge: Merge, most: int) -> None:
        self.base, self._find, self._merge, self._most = base, find, merge, most
        self._merged: OrderedDict[tuple, nn.Module] = OrderedDict()
        self._adapters: OrderedDict[tuple, Adapter] = OrderedDict()
        self._lock = threading.Lock()

    def with_adapters(self, styles: Mapping[str, float], parts: Parts, always: Sequence[str] = ()) -> nn.Module | None:
        """Return the network with these styles applied, and with the adapters ``always`` in every part at their full
        strength; None if nothing changes it.
        """
        with self._lock:
            active = [one for one in self._active(styles, parts) if one.adapter.layers] if any(parts) else []
            active += [ActiveAdapter(self._adapter(name), 1.0) for name in always]
            return self._kept("denoiser", active, self._merge) if active else None

    def text_encoder(self, styles: Mapping[str, float]) -> nn.Module | None:
        """Return the text encoder with these styles applied; None if no style changes it."""
        encoder = self.base.text_encoder
        if encoder is None:
            return None
        with self._lock:
            active = [one for one in self._active(styles, (1.0, 1.0, 1.0)) if one.adapter.text_layers]
            return self._kept("text", active, lambda ones: merged_text_encoder(encoder, ones)) if active else None

    def notes(self, styles: Mapping[str, float]) -> tuple[str, ...]:
        """Describe what is left out of the files of these styles, a sentence each."""
        with self._lock:
            return tuple(f"{one.adapter.name}: {note}" for one in self._active(styles) for note in one.adapter.notes)

    def framing(self, styles: Mapping[str, float]) -> Framing:
        """Return the framing of the strongest style that changes the framing; the identity if none does."""
        with self._lock:
            active = [(weight, self._adapter(name).metadata) for name, weight in styles.items() if weight > 0]
        moves = [(weight, Framing.of(metadata["framing"])) for weight, metadata in active if "framing" in metadata]
        weight, framing = max(moves, key=lambda move: move[0], default=(0.0, Framing()))
        return framing.partly(weight)

    def _active(self, styles: Mapping[str, float], parts: Parts = (1.0, 1.0, 1.0)) -> list[ActiveAdapter]:
        return [ActiveAdapter(self._adapter(name), weight, parts) for name, weight in sorted(styles.items()) if weight]

    def _kept(self, what: str, active: Sequence[ActiveAdapter], merge: Merge) -> nn.Module:
        key = (what, *(one.key for one in active))
        if key not in self._merged:
            while sum(kept[0] == what for kept in self._merged) >= self._most:
                del self._merged[next(kept for kept in self._merged if kept[0] == what)]
            self._merged[key] = merge(active)
        self._merged.move_to_end(key)
        return self._merged[key]

    def _adapter(self, name: str) -> Adapter:
        """Return an adapter, read again only if its file changed."""
        path = self._find(name)
        stat = weights_file(path).stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        if key not in self._adapters:
            adapter = read_adapter(path, brought_as(path) or name, layers_per_block=self.base.layers_per_block)
            check_fit(adapter, self.base)
            self._adapters[key] = adapter
            while len(self._adapters) > 1 and (
                len(self._adapters) > MOST_ADAPTERS or sum(one.size for one in self._adapters.values()) > MOST_BYTES
            ):
                self._adapters.popitem(last=False)
        self._adapters.move_to_end(key)
        return self._adapters[key]
