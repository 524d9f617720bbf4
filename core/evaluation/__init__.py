"""Measuring a checkpoint: its ``metrics.json``, its sample sheet and its model card, all from one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from core import checkpoints
from core.data import PictureSet
from core.evaluation.autoencoder import evaluate_autoencoder
from core.evaluation.classifier import evaluate_classifier, evaluate_own_classes
from core.evaluation.clip import evaluate_clip
from core.evaluation.compare import compare_generators, evaluate_generator
from core.evaluation.faces import evaluate_faces
from core.evaluation.options import Options
from core.evaluation.styles import MADE_WITH, style_figures
from core.latents import sources
from core.models.adapter_files import read_adapter
from core.reports.cards import write_card

__all__ = ["EVALUATIONS", "Options", "evaluate", "evaluate_elsewhere", "evaluate_generators", "evaluate_styles"]

Sets = Mapping[str, PictureSet]


def _text(root: Path, sets: Sets, options: Options) -> dict:
    from core.evaluation.text import evaluate_text  # brings most of diffusers, which says a lot while it loads

    return evaluate_text(root, sets, options)


EVALUATIONS: dict[str, Callable[[Path, Sets, Options], dict]] = {
    "classifier": evaluate_classifier,
    **{name: partial(evaluate_autoencoder, name) for name in sources.BUILT_IN.values()},
    "faces": evaluate_faces,
    **{name: partial(evaluate_generator, name) for name in ("gan", "variations")},
    "clip": evaluate_clip,
    "text": _text,
}
MEASURED_WITH = {
    "classifier": (),
    **dict.fromkeys(sources.BUILT_IN.values(), ("classifier",)),
    **dict.fromkeys(("faces", "gan", "variations"), ("autoencoder-kl", "classifier")),
    "clip": (),
    "text": ("classifier",),
}


def evaluate(name: str, root: Path, sets: Sets, options: Options) -> dict:
    """Measure ``root/name`` on picture sets and rewrite its metrics, samples and card; returns the metrics.

    Raises ``CheckpointError`` for a checkpoint that is not there and ``DataError`` for missing pictures.
    """
    folder, measure = root / name, _evaluation_of(name, root)
    if problem := checkpoints.missing(folder):
        raise checkpoints.CheckpointError(problem)
    figures = measure(root, sets, options)
    made = {other: checkpoints.fingerprint(root / other) for other in MEASURED_WITH.get(name, ())}
    metrics = {"command": options.command, "weights": checkpoints.fingerprint(folder), "measured_with": made, **figures}
    checkpoints.write_json(folder / "metrics.json", _plain(metrics))
    write_card(folder)
    return metrics


def _evaluation_of(name: str, root: Path) -> Callable[[Path, Sets, Options], dict]:
    """A shipped model's own, or that of a classifier of own classes. Raises ``CheckpointError`` for anything else."""
    if name in EVALUATIONS:
        return EVALUATIONS[name]
    training = root / name / "training.json"
    if not training.is_file() or not checkpoints.read_json(training).get("own_classes"):
        known = (
            f"There is no evaluation of {name!r}; there are {', '.join(EVALUATIONS)}, and classifiers of own classes."
        )
        raise checkpoints.CheckpointError(known)
    return partial(evaluate_own_classes, name)


def evaluate_styles(root: Path, sets: Sets, options: Options, names: Sequence[str] = ()) -> Iterator[tuple[str, dict]]:
    """Measure the shipped styles, or those named; yields name and metrics of each when its files are written.

    Raises ``CheckpointError`` and ``DataError`` as :func:`evaluate` does.
    """
    made = {
        other: checkpoints.fingerprint(root / other) for other in MADE_WITH if not checkpoints.missing(root / other)
    }
    for name, figures in style_figures(root, sets, options, names):
        folder = root / "styles" / name
        about = {"weights": read_adapter(folder).fingerprint, "measured_with": made}
        metrics = {"command": options.command, **about, **figures}
        checkpoints.write_json(folder / "metrics.json", _plain(metrics))
        write_card(folder)
        yield name, metrics


def evaluate_elsewhere(model: str, root: Path, sets: Sets, options: Options, out: Path) -> dict:
    """Measure an autoencoder that is none of ``root``'s, a key or a folder, into the file ``out``.

    Raises ``CheckpointError`` and ``DataError`` as :func:`evaluate` does.
    """
    metadata = sources.metadata(sources.find(model, root))
    figures = evaluate_autoencoder(model, root, sets, options, foreign=True)
    title = sources.HOSTED[model].title if model in sources.HOSTED else Path(model).name
    made = {"classifier": checkpoints.fingerprint(root / "classifier")}
    about = {"title": title, "class": metadata.kind, "measured_with": made}
    metrics = {"command": options.command, **about, **figures}
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoints.write_json(out, _plain(metrics))
    return metrics


def evaluate_generators(root: Path, sets: Sets, options: Options) -> dict:
    """Compare every generator of faces that ``root`` holds, into ``compare.json`` there; returns the figures.

    Raises ``CheckpointError`` and ``DataError`` as :func:`evaluate` does.
    """
    figures = {"command": options.command, **compare_generators(root, sets, options)}
    checkpoints.write_json(root / "compare.json", _plain(figures))
    return figures


def _plain(value: object) -> object:
    """JSON-ready: six significant digits, None for what is undefined."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if abs(value) < float("inf") else None  # also NaN
    return value
