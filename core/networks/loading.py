"""The lock under which engines are imported."""

from __future__ import annotations

import threading

# The libraries fill their modules lazily; two threads that import from them at once meet half of one.
LOADING = threading.RLock()
