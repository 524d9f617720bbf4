"""The page "Does latent diffusion beat autoencoders alone?": what was measured, and what it does not say."""

from __future__ import annotations

from html import escape
from typing import Any

from core.pipelines.compare.figures import COMMAND, Figures
from ui.components.chart_style import Slots
from ui.components.charts import Bar, bar_chart
from ui.components.terms import term

TITLE = "Does latent diffusion beat autoencoders alone?"
PROTOCOL = (
    "Each generator draws one face for every test picture of CelebA, with the same seeds. The variational autoencoder "
    "alone decodes samples of N(0, 1); latent diffusion draws by the test pictures' attributes, or by sentences that "
    "say them. All distances are taken between the classifier's embeddings of drawn and of real test pictures."
)
LIMITS = (
    "Only the attributes' diffusion and the sentences' diffusion know what the test pictures show, which helps them: "
    "the autoencoder's prior takes no request.",
    "The classifier was trained on the same data set, and these distances compare with each other only.",
    "The autoencoder alone has 128 numbers for a picture, the diffusion draws a grid of latents that holds many more: "
    "the two are compared as they are used, not at equal size.",
    "Faces alone were measured by this protocol. What the models make of food has no figure here.",
)
COMMANDS = (
    "python scripts/train_autoencoder.py --preset cpu --model vae --data celeba=DIR --out runs/autoencoder-vae",
    "python scripts/train_faces.py --preset cpu --data celeba=DIR --out runs/faces",
    COMMAND,
)


def answer_page(found: Figures) -> dict[str, Any]:
    """The page with the figures of one measured file; without one it names the command and answers nothing."""
    slots = Slots()
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    parts = [f"<header><h1>{TITLE}</h1></header>", _answer(found), _chart(found, slots)]
    parts += [_section("Protocol", [PROTOCOL]), _section("Limits", LIMITS), _commands()]
    parts += [f'<ul class="benchmark-notes">{notes}</ul>' if notes else ""]
    return slots.view(f'<div class="benchmark">{"".join(parts)}</div>')


def _answer(found: Figures) -> str:
    alone, diffusion = found.of("vae", "frechet"), found.of("faces", "frechet")
    if alone is None or diffusion is None:
        return _section("Answer", ["There is no answer yet: both have to be measured with these weights."])
    return _section("Answer", [*_verdict(found, alone, diffusion), *_gan(found)])


def _verdict(found: Figures, alone: float, diffusion: float) -> list[str]:
    real = found.of("real_training_pictures", "frechet")
    beats = diffusion < alone
    first = (
        f"{'Yes' if beats else 'No'}, on faces. Latent diffusion is at Fréchet distance {diffusion:.2f} from the test "
        f"pictures, the autoencoder alone at {alone:.2f}"
    )
    floor = "" if real is None else f"; as many real training pictures are at {real:.2f}"
    sentences = [f"{first}{floor}."]
    pairs = [(found.of("vae", key), found.of("faces", key)) for key in ("precision", "recall", "diversity")]
    if all(value is not None for pair in pairs for value in pair):
        (p1, p2), (r1, r2), (d1, d2) = pairs
        sentences.append(
            f"Precision is {p2:.2f} against {p1:.2f}, recall {r2:.2f} against {r1:.2f}, diversity {d2:.2f} against "
            f"{d1:.2f} of that of real pictures."
        )
    slow, fast = found.of("faces", "milliseconds"), found.of("vae", "milliseconds")
    if slow and fast:
        sentences.append(f"It pays in time: a face takes {slow / fast:,.0f} times as long as decoding one sample.")
    return sentences


def _gan(found: Figures) -> list[str]:
    """Where the GAN lies between them; nothing is said of what was not measured."""
    gan, alone, diffusion = (found.of(name, "frechet") for name in ("gan", "vae", "faces"))
    if gan is None:
        return ["A GAN was not measured: there are no weights of one, so its place between the two is open."]
    expected = diffusion < gan < alone
    words = "between the two, as expected" if expected else "not between the two"
    return [f"The GAN lies {words}, at {gan:.2f}."]


def _chart(found: Figures, slots: Slots) -> str:
    bars = [Bar(row.title, row.figures["frechet"], faint=row.bound) for row in found.rows if "frechet" in row.figures]
    if not bars:
        return ""
    chart = slots.place(bar_chart(bars, title="Fréchet distance to the test pictures", x="lower is closer"))
    about = f'<p class="hint">Explained: {term("frechet", "Fréchet distance")}, {term("precision-recall", "precision")}'
    return f"<section>{chart}{about}, {term('vae', 'variational autoencoder')}. Faint: real pictures.</p></section>"


def _section(title: str, sentences: list[str] | tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<section><h2>{title}</h2><ul class="benchmark-prose">{items}</ul></section>'


def _commands() -> str:
    lines = "".join(f"<code>{escape(command)}</code>" for command in COMMANDS)
    return f'<section class="compare-commands"><h2>Measure it again</h2>{lines}</section>'
