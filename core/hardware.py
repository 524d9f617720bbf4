"""What the processor at hand is good at."""

from __future__ import annotations

import torch

_BF16 = ("avx512_bf16", "amx_bf16", "bf16")  # x86 without and with matrix units, ARM


def cpu_has_bf16() -> bool:
    """Whether bfloat16 is computed by the CPU itself. Where it is not, every product is converted there and back, and
    a training step takes many times as long as in float32.
    """
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _BF16)
