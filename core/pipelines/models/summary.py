"""What a person wants to know of a model first: what it is, what it is good for, and four figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 4  # figures

_SHARE, _PLAIN = "{:.1%}", "{:.2f}"
# Where a figure stands in metrics.json, how it is called, what it says, and its form; the first four that are there.
_MEASURED = (
    (("frechet", "samples", "to_test"), "Fréchet distance", "to real test faces; lower is better", _PLAIN),
    (("attribute_auc_mean", "samples"), "AUC", "mean over 40 requested attributes, read back", "{:.3f}"),
    (("control", "Smiling", "followed"), "Smiling", "of faces have or lack it as requested", _SHARE),
    (("control", "Eyeglasses", "followed"), "Eyeglasses", "of faces have or lack them as requested", _SHARE),
    (("adherence_auc_mean",), "AUC", "mean over visible attributes of the caption", "{:.3f}"),
    (("dish_accuracy",), "Dishes", "named right by the classifier", _SHARE),
    (("frechet", "faces", "to_test"), "Fréchet distance", "of faces to test pictures; lower is better", _PLAIN),
    (("frechet", "dishes", "to_test"), "Fréchet distance", "of dishes to test pictures", _PLAIN),
    (("latent_values",), "Numbers", "hold one picture", "{:,.0f}"),
    (("reconstruction", "celeba", "psnr"), "PSNR", "dB on unseen faces; higher is better", "{:.1f}"),
    (("reconstruction", "celeba", "ssim"), "SSIM", "on unseen faces; 1 is the same picture", _PLAIN),
    (("reconstruction", "food101", "psnr"), "PSNR", "dB on unseen dishes", "{:.1f}"),
    (("attributes_mean", "auc"), "AUC", "mean over 40 attributes of unseen faces", "{:.3f}"),
    (("attributes_mean", "accuracy"), "Attributes", "read right", _SHARE),
    (("classes_mean", "top_1"), "Dishes", "named right of 20", _SHARE),
    (("calibration_error",), "Calibration error", "of the stated probabilities; 0 is best", "{:.3f}"),
    (("auc_mean",), "AUC", "mean over 40 attributes that were never labelled for it", "{:.3f}"),
    (("class_accuracy",), "Dishes", "named right of 20, by words alone", _SHARE),
    (("retrieval", "matching", "1"), "Captions", "find a picture that they describe first", _SHARE),
    (("retrieval", "matching", "5"), "Captions", "find one among the first five", _SHARE),
    (("whole_photos", "found"), "Faces", "found in whole photos", _SHARE),
    (("whole_photos", "eyes_within_a_tenth"), "Eyes", "within a tenth of their distance", _SHARE),
    (("detected", "drawn", "pairs_detected"), "Detected", "told from the plain face by a judge", _SHARE),
    (("detected", "drawn", "named"), "Named", "taken for this style among all", _SHARE),
    (("identity", "luminance_8x8", "nearest_is_its_own"), "Same person", "nearest to its own plain face", _SHARE),
    (("attribute_auc_in_style", "drawn", "drop"), "AUC lost", "to the classifier in this style", "{:.3f}"),
)
_TRAINED = (
    (("steps",), "Steps", "of training", "{:,.0f}"),
    (("pictures_seen",), "Pictures", "seen in training, repeats counted", "{:,.0f}"),
    (("hours",), "Hours", "of training", "{:.1f}"),
)
# Parts of other models have no card of their own.
_PARTS = {
    "TextPrior": (
        "A variational model that drafts the latents of a picture from a sentence in one step.",
        "Text prompts can begin at its draft instead of noise, which saves half of the denoising steps.",
    )
}


@dataclass(frozen=True)
class Figure:
    """One figure with its name and what it says."""

    name: str
    value: str
    about: str


@dataclass(frozen=True)
class Summary:
    """Plain sentences; empty where nobody wrote any."""

    what: str = ""
    use: str = ""
    figures: tuple[Figure, ...] = ()


def summarise(
    text: str, kind: str, metrics: Mapping[str, Any], training: Mapping[str, Any], parameters: int
) -> Summary:
    """A model card (Markdown), the class of a model and its JSON files -> what is shown first."""
    what, use = _PARTS.get(kind, ("", ""))
    own = re.split(r"^#+ ", text, flags=re.MULTILINE)
    figures = [*_figures(metrics, _MEASURED)]
    if parameters:
        figures.append(Figure("Parameters", f"{parameters / 1e6:.1f} M", "trained numbers"))
    figures += _figures(training, _TRAINED)
    return Summary(_sentences(own[1]) if len(own) > 1 else what, _use(own) or use, tuple(figures[:MOST]))


def _use(sections: list[str]) -> str:
    return next((_sentences(section) for section in sections if section.startswith("Intended use\n")), "")


def _sentences(section: str) -> str:
    """The first paragraph below a heading, its Markdown taken away."""
    _, _, body = section.partition("\n")
    first = next((part.strip() for part in body.split("\n\n") if part.strip()), "")
    plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", re.sub(r"[`*]", "", first))
    return " ".join(plain.split())[:600]


def _figures(content: Mapping[str, Any], known: tuple) -> list[Figure]:
    found = []
    for path, name, about, form in known:
        value = _at(content, path)
        if value is not None:
            found.append(Figure(name, form.format(value), about))
    return found


def _at(content: Any, path: tuple[str, ...]) -> float | None:
    for key in path:
        content = content.get(key) if isinstance(content, Mapping) else None
    numeric = isinstance(content, int | float) and not isinstance(content, bool)
    return float(content) if numeric and abs(content) < 1e15 else None
