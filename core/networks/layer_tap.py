"""The activation of any layer of a network, for embeddings other than its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor, nn

from core.checkpoints import CheckpointError

SHOWN = 12  # layers that an error names


class LayerTap:
    """Reads one layer, by its name in the network, while something else calls the network."""

    def __init__(self, network: nn.Module, name: str) -> None:
        """Raises ``CheckpointError`` for a layer that is not there."""
        layers = dict(network.named_modules())
        if not name or name not in layers:
            outer = [each for each in layers if each and each.count(".") < 2][:SHOWN]
            raise CheckpointError(f"There is no layer {name[:60]!r}; there are {', '.join(outer)} ...")
        self.name, self.layer = name, layers[name]

    def activation(self, call: Callable[[], object]) -> np.ndarray:
        """The layer's output for the picture that ``call`` shows the network: (C,), a mean over places.

        Raises ``CheckpointError`` for a layer that does not run, or gives something else than one array.
        """
        seen: list[object] = []
        handle = self.layer.register_forward_hook(lambda _layer, _inputs, output: seen.append(output))
        try:
            call()
        finally:
            handle.remove()
        if not seen or not isinstance(seen[-1], Tensor):
            raise CheckpointError(f"The layer {self.name!r} gives no activation when pictures are encoded.")
        output = seen[-1][0].float()
        return output.flatten(1).mean(dim=1).cpu().numpy() if output.ndim > 1 else output.cpu().numpy()
