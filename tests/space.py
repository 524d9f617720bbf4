"""Starts a folder as a Space does and draws a face in it: ``python tests/space.py FOLDER HOME TMP USER PORT``.

The app gets an empty home, an empty /tmp, a user of its own and 16 GB, as on the free hardware. What came of it is
printed as JSON. Run in a network of its own, where there is nothing but this process, it also shows that nothing is
fetched.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import resource
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

MEMORY = 16 * 2**30
PATIENCE = 240.0  # seconds; a shared core is slow


def raise_loopback() -> None:
    """Switch the loopback on, which in a new network is off. Where it is on already, nothing changes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket, contextlib.suppress(PermissionError):
        set_flags, up_and_running = 0x8914, 0x1 | 0x40
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


def as_user(user: int) -> list[str]:
    """The beginning of a command that another user runs: one who may read every file and write none of root's.

    Python may lie where only root may look, which is not what this is about.
    """
    if user == os.getuid():
        return []
    may = "-all,+dac_read_search"
    capabilities = [f"--inh-caps={may}", f"--ambient-caps={may}", f"--bounding-set={may}"]
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *capabilities]


def start(folder: Path, home: Path, tmp: str, user: int, port: int) -> subprocess.Popen:
    variables = {
        **{"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home), "TMPDIR": tmp},
        **{"SYSTEM": "spaces", "SPACE_ID": "someone/latentscape", "GRADIO_SERVER_PORT": str(port)},
        **{name: value for name, value in os.environ.items() if name.startswith(("OMP_", "MKL_"))},
    }
    return subprocess.Popen(
        [*as_user(user), sys.executable, "app.py"],
        cwd=folder,
        env=variables,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait(app: subprocess.Popen, address: str) -> bytes:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and app.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=30).read()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    app.kill()
    sys.exit(f"The app did not answer: {app.stdout.read().decode()[-3000:]}")


def health(folder: Path, port: int) -> int:
    """Return the status of the Dockerfile's health check, as long as it is about this port."""
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    check = re.search(r"HEALTHCHECK.*?CMD (.+?)$", text.replace("\\\n", " "), flags=re.MULTILINE)[1]
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    return subprocess.run(["sh", "-c", check.replace(":7860", f":{port}")], env=path, timeout=60).returncode


def walk(address: str) -> list[str]:
    """Use every tab as its page does; returns the kinds of requests that were answered."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
    from _page_client import App, Page
    from load_test import ask, cases

    app = App.open(address)
    return sorted({case[0] for case in cases(app).values() if case[0] == "list the models" or ask(Page(app), case, 1)})


def main() -> None:
    folder, home, tmp, user, port = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:])
    raise_loopback()
    app = start(folder, home, tmp, user, port)
    try:
        # An address that is this machine's as well, but not the one that programs listen on if nobody says otherwise.
        address = f"http://127.0.0.2:{port}/"
        page = wait(app, address)
        from gradio_client import Client

        pictures, details = Client(address, verbose=False).predict(steps=3, api_name="/draw_face")
        kinds = walk(address)
        status = Path(f"/proc/{app.pid}/status").read_text()
        print(
            json.dumps(
                {
                    "page": len(page),
                    "kinds": kinds,
                    "pictures": len(pictures),
                    "recipe": details["faces"][0]["recipe"],
                    "user": int(re.search(r"Uid:\s+(\d+)", status)[1]),
                    "home": os.listdir(home),
                    "health": health(Path(__file__).resolve().parent.parent, port),
                }
            )
        )
    finally:
        app.terminate()
        print(app.communicate(timeout=30)[0].decode(), file=sys.stderr)


if __name__ == "__main__":
    main()
