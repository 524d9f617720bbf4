"""The Models tab: every checkpoint with its samples, training curves, measured figures, network and model card."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.pipelines.models.machine import MachineModels
from core.pipelines.models.pipeline import CheckpointIndex, ModelCard
from core.pipelines.prompts.pipeline import PromptsPipeline
from ui.components.component import component, on_light
from ui.models.bias import bias_section
from ui.models.machine import machine_section
from ui.models.views import curves_view, figures_view, heading, samples_view, summary_view


def models_tab(index: CheckpointIndex, stable_diffusion: PromptsPipeline | None = None) -> None:
    """List at the left, canvas in the middle, model card at the right. Nothing is read before the tab is opened.

    The list ends with what is known of the faces' bias and, with ``stable_diffusion``, the models of others on this
    machine.
    """

    def network(name: Any) -> dict[str, Any]:
        """Server function: the diagrams of one checkpoint, drawn when its view is first opened."""
        chosen = name[0] if isinstance(name, list) and name else name
        if chosen not in index.names():
            return {"parts": [], "problem": "There is no such checkpoint."}
        drawn = index.architectures(chosen)
        parts = [{"title": one.title, "svg": one.svg, "problem": one.problem} for one in drawn]
        return {"parts": parts, "problem": drawn[0].problem if len(drawn) == 1 else ""}

    with gr.Row(elem_id="models"):
        config = {"machine": stable_diffusion is not None}
        listing = component("models-list", value={"models": [], "chosen": ""}, events=("pick",), config=config)
        canvas = component("models-canvas", value={}, functions=[network])
        with gr.Column(elem_id="models-card"):
            summary = component("models-summary", value="")
            with gr.Accordion("The whole model card", open=False, elem_id="models-more"):
                text = gr.Markdown("", elem_id="models-text", container=False)
        bias_section(index.root)
        if stable_diffusion is not None:
            machine_section(MachineModels(stable_diffusion))

    def show(value: Any) -> tuple[dict, dict, str, str]:
        cards = [index.card(name) for name in index.names()]
        card = _chosen(value, cards)
        listed = sorted((_listed(other) for other in cards), key=lambda one: _rank(one["group"]))
        whole = card.text or "This checkpoint has no model card."
        return {"models": listed, "chosen": card.name}, _canvas(card), summary_view(card), whole

    on_light(listing.pick, show, [listing], [listing, canvas, summary, text], newest=True)


def _chosen(value: Any, cards: list[ModelCard]) -> ModelCard:
    """Return the card that the page requests, or else the first present one."""
    chosen = value.get("chosen") if isinstance(value, dict) else None
    by_name = {card.name: card for card in cards}
    if isinstance(chosen, str) and chosen in by_name:
        return by_name[chosen]
    return next((card for card in cards if card.status == "present"), cards[0])


def _listed(card: ModelCard) -> dict[str, str]:
    return {
        "name": card.name,
        "title": card.title,
        "status": card.status,
        "detail": heading(card),
        "group": _group(card.name),
    }


_GROUPS = {
    "Generators": ("faces", "text", "gan", "variations", "text/prior"),
    "Autoencoders": ("autoencoder-kl", "autoencoder-vae", "autoencoder-cae"),
    "Readers": ("classifier", "detector", "eyes", "clip"),
}


def _rank(group: str) -> int:
    order = [*_GROUPS, "Styles", "Others"]
    return order.index(group) if group in order else len(order)


def _group(name: str) -> str:
    """The heading that a model stands below; a folder of other sizes is one of its own."""
    if name.startswith("styles/"):
        return "Styles"
    known = next((title for title, names in _GROUPS.items() if name in names), "")
    return known or (name.split("/")[0] if "/" in name else "Others")


def _canvas(card: ModelCard) -> dict[str, str]:
    """What the canvas script needs: ready HTML of three views; the fourth comes when it is opened."""
    return {
        "name": card.name,
        "title": card.title,
        "detail": heading(card),
        "problem": card.problem,
        "notes": " ".join(card.notes),
        "opens": "curves" if card.samples is None and card.curves else "samples",
        "samples": samples_view(card),
        "curves": curves_view(card),
        "figures": figures_view(card),
    }
