"""What each generator is made of, and whether it is here. Importing this loads no network."""

from __future__ import annotations

from pathlib import Path

from core import checkpoints

NEEDS = {  # checkpoints of each generator that has no pipeline of its own
    "vae": ("autoencoder-vae",),
    "gan": ("gan", "autoencoder-kl"),
    "variations": ("variations", "autoencoder-kl"),
}


def missing(root: Path, name: str) -> str | None:
    """Why a generator cannot draw, with the command that makes what it lacks; None where it can."""
    for part in NEEDS[name]:
        if problem := checkpoints.missing(root / part):
            return problem
    return other_parts(root, name)


def other_parts(root: Path, name: str) -> str | None:
    """Whether a model was trained with another autoencoder than is here, so that its latents decode to nothing."""
    if _trained_with(root, name, "autoencoder") not in (None, checkpoints.fingerprint(root / "autoencoder-kl")):
        return f"The checkpoint {name!r} was trained with another autoencoder-kl; train it again, or fetch both."
    return None


def other_classifier(root: Path, name: str) -> str | None:
    """Whether a model was trained with another classifier than is here, whose embeddings say nothing to it."""
    if _trained_with(root, name, "classifier") not in (None, checkpoints.fingerprint(root / "classifier")):
        return f"The checkpoint {name!r} was trained with another classifier; train it again, or fetch both."
    return None


def _trained_with(root: Path, name: str, part: str) -> str | None:
    """The fingerprint of the ``part`` that a model was trained with; None where nothing says it."""
    training = root / name / "training.json"
    return checkpoints.read_json(training).get("trained_with", {}).get(part) if training.is_file() else None
