"""Send the app to your Hugging Face Space. Only this command sends anything, and only files that git tracks.

Examples: python scripts/deploy_space.py --dry-run DIR
          python scripts/deploy_space.py --repo NAME/latentscape
A dry run writes the folder that would be sent and sends nothing; `python app.py` in it is what the Space runs. What the
hub refuses (a card with unknown values, versions that nobody has, too much) is refused before anything is sent.
Log in first with `hf auth login`, or set HF_TOKEN.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from _command import run
from _space_card import card_problems, file_problems, version_problems

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("app.py", "requirements.txt", "README.md", "LICENSE", "core", "ui", "checkpoints", "docs")
REQUIRED = ("requirements.txt", "README.md")


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
    """List the files to send. Raises if one is not tracked, leads out of the repository, or is refused by the hub."""
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
    problems = refused(root, names)
    if problems:
        raise DeployError(f"The hub would refuse this: {' '.join(problems)}")
    return names


def refused(root: Path, names: list[str]) -> list[str]:
    """Return a sentence for everything that the hub would refuse."""
    import yaml  # as huggingface_hub does
    from huggingface_hub import metadata_load

    try:
        card = metadata_load(root / "README.md") or {}
    except (ValueError, yaml.YAMLError) as error:
        return [f"The front matter of README.md cannot be read: {' '.join(str(error).split())}."]
    requirements = (root / "requirements.txt").read_text(encoding="utf-8")
    return [*card_problems(card, names), *version_problems(card, requirements), *file_problems(root, names)]


def write(root: Path, names: list[str], folder: Path) -> None:
    """Copy the files to send into ``folder``, which is made; it must be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DeployError(f"{folder} is not empty; name a new folder.")
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)


def send(root: Path, names: list[str], repo: str, *, private: bool) -> str:
    """Create the Space if it is missing, and make it contain exactly these files. Returns its address.

    Raises ``DeployError`` with the hub's own words where it refuses the card; then nothing was created or sent.
    """
    os.environ["HF_HUB_OFFLINE"] = "0"  # the only command that uses the network
    from huggingface_hub import HfApi, SpaceCard

    try:
        SpaceCard.load(root / "README.md").validate(repo_type="space")
    except ValueError as error:
        raise DeployError(f"The hub refuses the front matter of README.md: {error}") from None
    api = HfApi()
    address = api.create_repo(repo, repo_type="space", space_sdk="gradio", private=private, exist_ok=True)
    with tempfile.TemporaryDirectory() as staging:
        write(root, names, Path(staging))
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
    parser.add_argument("--repo", metavar="OWNER/NAME", help="the Space; created where it is not there")
    parser.add_argument("--dry-run", type=Path, metavar="DIR", help="write what would be sent to DIR, and send nothing")
    parser.add_argument("--private", action="store_true", help="create the Space for yourself alone")
    options = parser.parse_args()
    if options.repo is None and options.dry_run is None:
        parser.error("name the Space with --repo OWNER/NAME, or a folder with --dry-run DIR.")
    if options.repo is not None and not _is_repo(options.repo):
        parser.error("--repo is OWNER/NAME: letters, digits, '-', '_' and '.', at most 96.")
    names = plan(ROOT)
    size = f"{len(names)} files, {sum((ROOT / name).stat().st_size for name in names) / 1e6:.1f} MB"
    if options.dry_run is not None:
        write(ROOT, names, options.dry_run)
        print("\n".join(f"{(ROOT / name).stat().st_size:>12,}  {name}" for name in names))
        print(f"{size} would be sent{f' to the Space {options.repo}' if options.repo else ''}: {options.dry_run}")
        return
    print(f"Sending {size} to the Space {options.repo} ...")
    print(f"Done: {send(ROOT, names, options.repo, private=options.private)}")


def _is_repo(name: str) -> bool:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return name.count("/") == 1


if __name__ == "__main__":
    run(main)
