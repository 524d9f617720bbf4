"""The lock for importing engines."""

from __future__ import annotations

import threading

# The libraries fill their modules lazily; two threads that import at the same time may see an incomplete one.
LOADING = threading.RLock()
