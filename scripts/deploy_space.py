"""Send the app to your Hugging Face Space. Only this command sends anything, and only files that git tracks.

Examples: python scripts/deploy_space.py --repo NAME/latentscape --dry-run
          python scripts/deploy_space.py --repo NAME/latentscape
Log in first with `hf auth login`, or set HF_TOKEN.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from _command import run

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("app.py", "requirements.txt", "README.md", "LICENSE", "core", "ui", "checkpoints", "docs")
REQUIRED = ("app.py", "requirements.txt", "README.md")


class DeployError(OSError):
    """A problem that must be solved before anything is sent."""


def listed(root: Path, *options: str) -> list[str]:
    """List the tracked files that a Space needs."""
    command = ["git", "ls-files", "-z", *options, "--", *NEEDED]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DeployError(f"git could not list the files of {root} ({error}); deploy from a clone.") from None
    return sorted(name for name in done.stdout.decode().split("\0") if name)


def plan(root: Path) -> list[str]:
    """List the files to send. Raises if one is not tracked, leads out of the repository, or is missing."""
    untracked = listed(root, "--others", "--exclude-standard")
    if untracked:
        shown = ", ".join(untracked[:5]) + (" ..." if len(untracked) > 5 else "")
        raise DeployError(f"Not tracked by git: {shown}. Commit or remove these first; untracked files are never sent.")
    names = [name for name in listed(root) if (root / name).is_file()]
    for name in names:
        if not (root / name).resolve().is_relative_to(root.resolve()):
            raise DeployError(f"{name} is a link to a file outside the repository; it is not sent.")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise DeployError(f"A Space needs {', '.join(missing)}, and git does not track it.")
    _check_versions(root)
    return names


def _check_versions(root: Path) -> None:
    """Check that the Space's ``sdk_version`` is the gradio version that the app was tested with."""
    wanted = re.search(r"^gradio==(\S+)", (root / "requirements.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    stated = re.search(r"^sdk_version:\s*(\S+)", (root / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    if not wanted or not stated or wanted.group(1) != stated.group(1).strip("\"'"):
        raise DeployError("README.md's sdk_version and requirements.txt's gradio must be the same version.")


def send(root: Path, names: list[str], repo: str, *, private: bool) -> str:
    """Create the Space if it is missing, and make it contain exactly these files. Returns its address."""
    os.environ["HF_HUB_OFFLINE"] = "0"  # the only command that uses the network
    from huggingface_hub import HfApi

    api = HfApi()
    address = api.create_repo(repo, repo_type="space", space_sdk="gradio", private=private, exist_ok=True)
    with tempfile.TemporaryDirectory() as staging:
        for name in names:
            target = Path(staging) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
        api.upload_folder(
            repo_id=repo,
            repo_type="space",
            folder_path=staging,
            delete_patterns="*",
            commit_message="Deploy Latentscape",
        )
    return str(address)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", required=True, metavar="OWNER/NAME", help="the Space; created where it is not there")
    parser.add_argument("--dry-run", action="store_true", help="list what would be sent, and send nothing")
    parser.add_argument("--private", action="store_true", help="create the Space for yourself alone")
    options = parser.parse_args()
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", options.repo):
        parser.error("--repo is OWNER/NAME.")
    names = plan(ROOT)
    size = sum((ROOT / name).stat().st_size for name in names)
    if options.dry_run:
        print("\n".join(f"{(ROOT / name).stat().st_size:>12,}  {name}" for name in names))
        print(f"{len(names)} files, {size / 1e6:.1f} MB would be sent to the Space {options.repo}.")
        return
    print(f"Sending {len(names)} files, {size / 1e6:.1f} MB to the Space {options.repo} ...")
    print(f"Done: {send(ROOT, names, options.repo, private=options.private)}")


if __name__ == "__main__":
    run(main)
