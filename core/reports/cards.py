"""Model cards: ``README.md`` of a checkpoint folder, from what its JSON files say and the texts in ``templates``.

``templates/card.md`` is the layout. ``templates/models`` has a text for each shipped model and one for styles; a folder
of another name gets the layout alone. ``huggingface_hub`` checks the front matter as the hub reads it.
"""

from __future__ import annotations

import re
from pathlib import Path

from huggingface_hub import ModelCard
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core import checkpoints
from core.pipelines.models.pipeline import Table, flatten, show, tables, words

TEMPLATES = Path(__file__).parent / "templates"
FACES = {"celeba", "utkface"}  # sets whose limits every card repeats
# Said in sentences, or too long for a page.
HIDDEN = {
    "command",
    "weights",
    "psnr_percentiles",
    "measured_with",
    "attribute_priors",
    "protocol",
    "worst",
    "best",
    "code_statistics",
    "class_calibration",
    "confusion",
    "cooccurrence",
}
PICTURES = {
    "comparison.png": "Validation error of each preset over its training time",
    "draft.png": "Distance to real faces over the steps that are paid for, from noise and from a draft",
}


def write_card(folder: Path) -> Path:
    """``README.md`` of ``folder`` from its training and metrics files, where they are. Returns its path."""
    path = folder / "README.md"
    model_card(folder).save(path)
    return path


def model_card(folder: Path) -> ModelCard:
    """The card of a checkpoint folder, as ``huggingface_hub`` holds it."""
    config, training, metrics = (_read(folder / f"{name}.json") for name in ("config", "training", "metrics"))
    style = config.get("_class_name") == "Adapter"
    kind = "style" if style else "own-classes" if training.get("own_classes") else folder.name
    template = f"models/{kind}.md" if (TEMPLATES / "models" / f"{kind}.md").is_file() else "card.md"
    terms = _sections("data.md")
    kinds = [kind for kind in training.get("data", {}) if kind in terms] or ["celeba"]
    kinds = list(dict.fromkeys(["celeba", *kinds])) if style else kinds  # its base was trained on these
    text = (
        _environment()
        .get_template(template)
        .render(
            name=folder.name,
            title=words(folder.name.replace("-", " ").capitalize()),
            config=config,
            metadata=training,
            base=config.get("base") or "faces",
            samples=checkpoints.SAMPLES if (folder / checkpoints.SAMPLES).is_file() else "",
            pictures=[{"file": file, "caption": PICTURES[file]} for file in PICTURES if (folder / file).is_file()],
            licences=[terms[kind] for kind in kinds],
            shows_faces=bool(FACES & set(kinds)),
            **_training(training),
            **_measured(metrics),
        )
    )
    return ModelCard(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n")


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _sections(file: str) -> dict[str, str]:
    """A template file's text under each heading of the second level."""
    _, *parts = (TEMPLATES / file).read_text(encoding="utf-8").split("\n## ")
    return {heading: text.strip() for heading, _, text in (part.partition("\n") for part in parts)}


def _training(training: dict) -> dict[str, object]:
    """What describes the run, what its curves ended at, and a comparison of presets where one was recorded."""
    metadata = {key: value for key, value in training.items() if key not in {"curves", "comparison", *HIDDEN}}
    if "calibration" in metadata:
        calibration = metadata["calibration"].items()
        metadata["calibration"] = {key: value for key, value in calibration if key != "priors"}
    ends = [
        [words(name), show(curve["values"][0]), show(curve["values"][-1])]
        for name, curve in training.get("curves", {}).items()
        if curve.get("values")
    ]
    return {
        "training": Table("", ["", "value"], [list(row) for row in flatten(metadata)]) if training else None,
        "curves": Table("", ["curve", "first", "last"], ends) if ends else None,
        "comparisons": tables({"comparison": training.get("comparison") or {}}),
    }


def _measured(metrics: dict) -> dict[str, object]:
    """Tables of figures, each with its explanation where the subject is first met."""
    explanations = _sections("figures.md")
    figures = []
    for table in tables({key: value for key, value in metrics.items() if key not in HIDDEN}):
        heading = "Settings" if table.title == "Figures" else table.title[:1].upper() + table.title[1:]
        explanation = explanations.pop(table.title.split(" / ")[0], "")
        figures.append({"heading": heading, "explanation": explanation, "columns": table.columns, "rows": table.rows})
    return {"figures": figures, "command": metrics.get("command", ""), "protocol": metrics.get("protocol", "")}


def _read(path: Path) -> dict:
    return checkpoints.read_json(path) if path.is_file() else {}
