"""A description of a picture set as drawings, and as a folder with pictures, numbers and a short page of text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from core import attributes
from core.data import PictureSet
from core.reports.charts import MARGIN, Series, bar_chart, heat_map, line_chart, picture_grid, sheet
from core.reports.data_set import CHANNELS, Description, cluster_order, moments, strongest_pairs
from core.reports.drawing import Drawing, text_width

SAMPLE, CAPTION = 136, 10.5  # side of a sample and size of its caption


def drawings(description: Description, pictures: PictureSet, seed: int = 0) -> dict[str, Drawing]:
    """One drawing per finding, by file stem. Only those that the set has labels for."""
    found = {
        "samples": _sample_grid(pictures, seed),
        "moments": _moment_pictures(description),
        "pixels": _pixel_lines(description),
    }
    found["brightness"] = _brightness(description)
    if description.present:
        shares = {attributes.label(name): share for name, share in description.present.items()}
        found["balance"] = bar_chart(
            _falling(shares),
            title="Attribute balance",
            note=f"{description.name}: share of {description.pictures:,} pictures in which each attribute is present",
            maximum=1.0,
            percent=True,
            reference=(0.5, "balanced"),
        )
    if description.correlation is not None:
        order = cluster_order(description.correlation)
        found["cooccurrence"] = heat_map(
            [attributes.label(attributes.NAMES[index]) for index in order],
            description.correlation[np.ix_(order, order)],
            title="Attribute co-occurrence",
            note="Correlation of the labels, ordered so that attributes that come together stand together",
        )
    if description.classes:
        counts = {name.replace("_", " "): float(count) for name, count in description.classes.items()}
        note = f"{description.name}: {description.pictures:,} pictures"
        found["classes"] = bar_chart(_falling(counts), title="Pictures per class", note=note)
    return found


def _falling(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda row: -row[1])


def _sample_grid(pictures: PictureSet, seed: int, count: int = 18) -> Drawing:
    chosen = np.random.default_rng(seed).permutation(len(pictures))[:count]
    images = [Image.fromarray(np.asarray(pictures.pixels[row])) for row in chosen]
    captions = [_caption(pictures, row) for row in chosen]
    note = f"{pictures.name}: {len(chosen)} of {len(pictures):,} pictures, chosen with seed {seed}"
    return picture_grid(images, captions, title="Labelled samples", note=note, size=SAMPLE)


def _caption(pictures: PictureSet, row: int, width: float = SAMPLE) -> list[str]:
    """Up to four lines on one picture: its class, or the attributes it has, the main ones first."""
    if pictures.classes is not None:
        return [pictures.class_names[pictures.classes[row]].replace("_", " ")]
    if pictures.attributes is None:
        return [Path(pictures.names[row]).stem]
    order = [*attributes.MAIN, *(name for name in attributes.NAMES if name not in attributes.MAIN)]
    present = [attributes.label(name) for name in order if pictures.attributes[row, attributes.INDEX[name]] > 0]
    lines = [""]
    for index, name in enumerate(present):
        left_out = len(present) - index
        longer = f"{lines[-1]}, {name}" if lines[-1] else name
        if text_width(longer + ",", CAPTION) <= width:
            lines[-1] = longer
        elif len(lines) < 4:
            lines.append(name)
        else:
            lines[-1] = f"{lines[-1]} +{left_out}"
            break
    return lines if present else ["No attribute present"]


def _moment_pictures(description: Description) -> Drawing:
    """Mean as a picture; variance and skewness of the brightness as shades with their ranges."""
    side, gap = 224, 24
    scale = f"at {description.size} px: per pixel, values on the scale 0 to 1"
    note = f"{description.name}, {description.pictures:,} pictures {scale}"
    drawing = sheet(2 * MARGIN + 3 * side + 2 * gap, 76 + side + 64, "First three moments of the pictures", note)
    variance, skewness = description.variance.mean(axis=2), description.skewness.mean(axis=2)
    panels = (
        ("Mean", _to_image(description.mean), _channel_line(description, "mean")),
        ("Variance", _shades(variance), f"{variance.min():.3f} dark to {variance.max():.3f} light"),
        ("Skewness", _signed(skewness), f"{skewness.min():+.2f} to {skewness.max():+.2f}, orange to blue"),
    )
    for index, (name, image, caption) in enumerate(panels):
        x = MARGIN + index * (side + gap)
        drawing.picture(x, 76, side, side, image)
        drawing.text(x, 76 + side + 20, name, size=12.5, bold=True)
        drawing.text(x, 76 + side + 37, caption, size=11, fill="muted")
    return drawing


def _channel_line(description: Description, moment: str) -> str:
    return "   ".join(f"{name} {description.channels[name][moment]:.3f}" for name in CHANNELS)


def _to_image(values: np.ndarray) -> Image.Image:
    return Image.fromarray((values.clip(0, 1) * 255).round().astype(np.uint8))


def _shades(values: np.ndarray) -> Image.Image:
    spread = values.max() - values.min()
    return _to_image((values - values.min()) / (spread or 1.0))


def _signed(values: np.ndarray) -> Image.Image:
    """Values around zero -> orange, white, blue."""
    strength = (values / (np.abs(values).max() or 1.0))[..., None]
    ends = np.where(strength > 0, np.array([46, 98, 201]) / 255, np.array([214, 116, 22]) / 255)
    return _to_image(0.97 + (ends - 0.97) * np.abs(strength))


def _pixel_lines(description: Description) -> Drawing:
    """Histograms as lines. Their ends hold every clipped pixel and would flatten the rest, so they are left out."""
    share = 100 * description.histogram / np.maximum(1, description.histogram.sum(axis=1, keepdims=True))
    series = {}
    for row, colour, (name, found) in zip(
        share[:, 1:-1], ("#cf4a43", "third", "accent"), description.channels.items(), strict=True
    ):
        smooth = np.convolve(row, np.ones(5) / 5, mode="valid")
        key = f"{name}: mean {found['mean']:.3f}, variance {found['variance']:.3f}, skewness {found['skewness']:+.2f}"
        series[key] = Series(range(3, 253), smooth.tolist(), colour)
    note = f"{description.name}: share of pixels in % at each 8-bit value from 1 to 254, running mean of 5"
    return line_chart(series, title="Pixel values per channel", note=note, x_label="value", width=1160, low=0)


def _brightness(description: Description) -> Drawing:
    counts, edges = np.histogram(description.brightness, bins=40, range=(0, 1))
    share = 100 * counts / max(1, description.pictures)
    found = moments(description.brightness)
    note = (
        f"{description.name}: share of pictures in % by their mean pixel value; "
        f"mean {found['mean']:.3f}, variance {found['variance']:.4f}, skewness {found['skewness']:+.2f}"
    )
    series = {"pictures": Series(((edges[1:] + edges[:-1]) / 2).tolist(), share.tolist(), area=True)}
    title = "Brightness of the pictures"
    return line_chart(series, title=title, note=note, x_label="mean pixel value", low=0, legend=False)


def write_report(description: Description, found: dict[str, Drawing], folder: Path, *, dpi: int = 192) -> Path:
    """``description.json``, each drawing as SVG and PNG, and a ``README.md`` that shows them. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "description.json").write_text(json.dumps(description.numbers(), indent=2) + "\n", encoding="utf-8")
    for stem, drawing in found.items():
        drawing.save(folder, stem, dpi=dpi)
    report = folder / "README.md"
    report.write_text(_markdown(description, found), encoding="utf-8")
    return report


def _markdown(description: Description, found: dict[str, Drawing]) -> str:
    parts = ", ".join(f"{count:,} {part}" for part, count in description.split.items())
    people = f" of {description.identities:,} people" if description.identities else ""
    lines = [
        f"# {description.name}",
        "",
        f"{description.pictures:,} pictures{people} at {description.size} px: {parts}.",
        "",
    ]
    lines += ["| channel | mean | variance | skewness |", "|---|---|---|---|"]
    for name, values in description.channels.items():
        lines.append(f"| {name} | {values['mean']:.4f} | {values['variance']:.4f} | {values['skewness']:+.3f} |")
    if description.correlation is not None:
        lines += ["", "Strongest correlations between labels:", ""]
        lines += [f"- {a} and {b}: {value:+.2f}" for a, b, value in strongest_pairs(description.correlation, 8)]
    if description.tables:
        lines += [
            "",
            "Label tables found: " + ", ".join(f"`{entry['file']}`" for entry in description.tables.values()) + ".",
        ]
    for stem, drawing in found.items():
        lines += ["", f"## {drawing.title}", "", f"![{drawing.title}]({stem}.png)"]
    return "\n".join(lines) + "\n"
