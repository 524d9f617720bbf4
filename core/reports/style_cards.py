"""What the model card of a style says: words for the facts and figures that its files hold."""

from __future__ import annotations

from collections.abc import Mapping

STYLE_FIGURES = {
    "told": "By a judge of early features and pixel statistics that was trained on photographs and renderings of them: "
    "pairs with both halves told right (plain, and in a style), and how often it names this style among the styles. "
    "Drawn pairs have one seed; the other rows say what the judge can do on photographs.",
    "strength": "Fréchet distance to real pictures in the style: in the judge's embedding, which sees texture and "
    "colour, and in the classifier's, which sees faces. Those who are seen in the real pictures are asked for.",
    "strength asked for the pairs": "The same, asked for those that the pairs ask for: other people than in the real "
    "pictures, so that a part of the distance is of them.",
    "identity": "Cosines of plain and styled faces, the mean of each set taken off, and how often the nearest plain "
    "face is that of the same seed.",
    "attribute reading": "Mean AUC of what was asked (of photographs: of their labels) against the classifier's logit. "
    "The classifier knows photographs alone, so the second row is what the rendering or the near frame takes from it.",
}


def style_about(name: str, facts: Mapping[str, object]) -> dict[str, object]:
    """What a card says of a LoRA, from its ``config.json``; the fields of ``core.reports.cards.About``."""
    base = facts.get("base") or "faces"
    source = "somebody's own pictures, which stay theirs; they are not part of this folder"
    if facts.get("renderer"):
        source = f"photographs and what `core.stylize.render(picture, {facts['renderer']!r})` makes of them"
    if facts.get("domain"):
        source = (
            f"clear pictures of {facts['domain']} as they are; attributes as named there, else as `classifier` is sure"
        )
    trigger = f" Trigger words: `{facts['trigger']}`." if facts.get("trigger") else ""
    drawn = (
        "from core.pipelines.faces.pipeline import FacesPipeline\nfrom core.recipe import Recipe\n\n"
        f'recipe = Recipe(seed=42, styles={{"{name}": 1.0}})\n'
        'list(FacesPipeline("checkpoints").draw(recipe))[-1].faces[0].image.save("styled.png")'
    )
    worn = f'pipeline.load_lora_weights("checkpoints/styles/{name}")  # a pipeline of checkpoints/{base}'
    return {
        "title": str(facts.get("title") or name),
        "tags": ("lora", base),
        "what": f"A LoRA (Hu et al. 2021, arXiv:2106.09685) of rank {facts.get('rank')} for `checkpoints/{base}` with "
        f"the weights `{facts.get('fingerprint')}`, in the format of diffusers' `load_lora_weights`. Learned from "
        f"{source}.{trigger}",
        "use": "Dressing drawn faces and photos in the Styles tab: strength 0 is off, 1 as trained, up to 1.5 "
        "exaggerates.",
        "load": drawn if base == "faces" else worn,
        "limits": (f"It fits these weights of `{base}` and no others.",),
    }
