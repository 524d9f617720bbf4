"""The text pipeline's figures: adherence to the sentence, distance to real pictures, steps that a draft saves."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from core import attributes
from core.captions.sentences import Caption, describe_face, describe_food
from core.data import PictureSet
from core.diffusion.sampling import Plan, noise_for
from core.diffusion.text import Conditioning, Draft, sample_text_steps
from core.evaluation.batched import classify, pictures_of
from core.evaluation.options import Options, wanted
from core.evaluation.sheets import save_sheet
from core.images import to_uint8
from core.metrics import auc, frechet, top_accuracy
from core.pipelines.prompts.engine import TextEngine
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.recipe import Recipe
from core.reports.charts import Series, line_chart, picture_grid
from core.reports.drawing import Drawing

BATCH = 32
FACES = 500  # captions that no training has seen
PER_FOOD = 10
CURVE = (2, 3, 4, 6, 8, 12)  # steps of the whole schedule at which a draft is compared with noise
CURVE_FACES = 200
FEW = 10  # fewer captions than this that deny an attribute: those that do not mention it stand for them
VISIBLE = (
    "Smiling",
    "Male",
    "Eyeglasses",
    "Blond_Hair",
    "Black_Hair",
    "Gray_Hair",
    "Bangs",
    "Wearing_Hat",
    "No_Beard",
    "Wearing_Lipstick",
    "Young",
)
SHOWN = (
    "a smiling young woman with wavy blond hair and eyeglasses",
    "an old man with gray hair and a beard",
    "a young man with black hair, not smiling",
    "a woman with bangs wearing red lipstick",
    "a bald man with a mustache",
    "a woman wearing a hat",
    "a plate of sushi",
    "a slice of chocolate cake",
    "a pizza on a wooden table",
    "a bowl of ramen",
    "french fries",
    "ice cream",
)


def evaluate_text(root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Draw unseen captions with the default recipe, one seed per picture from 0 on, and measure."""
    why = "The text pipeline is measured against faces and dishes."
    faces, foods = wanted(sets, "celeba", why), wanted(sets, "food101", why)
    pipeline = PromptsPipeline(root)
    engine, recipe = pipeline.engine, pipeline.usual()
    classifier = pipeline.pool.get("classifier")
    labels = faces.attributes[faces.indices(options.part)]
    said = [describe_face(row, random.Random(index)) for index, row in enumerate(_repeated(labels, FACES))]
    dishes = [describe_food(name, random.Random(seed)) for name in foods.class_names for seed in range(PER_FOOD)]
    of_faces = classify(classifier, draw_texts(engine, recipe, [caption.text for caption in said]))
    of_dishes = classify(classifier, draw_texts(engine, recipe, [caption.text for caption in dishes]))
    real = {"celeba": classify(classifier, pictures_of(faces, options.part)).embedding}
    real["food101"] = classify(classifier, pictures_of(foods, options.part)).embedding
    areas = {name: requested_auc(said, of_faces.attributes, name) for name in VISIBLE}
    save_sheet(text_sheet(engine, recipe), root / "text")
    curve = _curve(engine, classifier, recipe, said[:CURVE_FACES], real["celeba"])
    if curve:
        save_sheet(draft_chart(curve), root / "text", "draft")
    return {
        "part": options.part,
        "captions": {"faces": len(said), "dishes": len(dishes)},
        "solver": recipe.solver,
        "steps": recipe.steps,
        "start": recipe.start,
        "guidance": recipe.guidance,
        "guidance_interval": list(recipe.guidance_interval),
        "adherence_auc_mean": float(np.nanmean([row["auc"] for row in areas.values()])),
        "dish_accuracy": top_accuracy(np.repeat(np.arange(len(foods.class_names)), PER_FOOD), of_dishes.classes, 1),
        "frechet": {
            "faces": {"pictures": len(said), "to_test": frechet(of_faces.embedding, real["celeba"])},
            "dishes": {"pictures": len(dishes), "to_test": frechet(of_dishes.embedding, real["food101"])},
        },
        "adherence": areas,
        "draft": curve,
    }


def draft_chart(curve: Mapping[str, Mapping[str, float]]) -> Drawing:
    """Fréchet distance over the steps that are computed, from noise and from a draft."""
    lines = {}
    for start, words in (("noise", "from noise"), ("prior", "from a draft")):
        rows = [row for name, row in curve.items() if name.startswith(start)]
        cheapest = {row["steps_done"]: row["frechet"] for row in sorted(rows, key=lambda row: -row["frechet"])}
        paid = sorted(cheapest)  # schedules of different lengths can cost the same: the better one counts
        lines[words] = Series(paid, [cheapest[steps] for steps in paid])
    note = f"Distance of {CURVE_FACES} drawn faces to the test faces (Frechet, in the classifier's embedding)"
    return line_chart(lines, title="Does a draft save steps?", note=note, x_label="steps of the denoiser", low=0)


def draw_texts(engine: TextEngine, recipe: Recipe, prompts: Sequence[str]) -> np.ndarray:
    """N prompts, one after the other on the recipe's seeds -> uint8 (N, S, S, 3), in batches."""
    engine.load()
    plan = Plan(recipe.solver, recipe.steps, recipe.guidance, recipe.guidance_interval)
    negative = engine.states(recipe.negative_prompt)
    pictures = []
    starts = range(0, len(prompts), BATCH)
    for first in tqdm(starts, desc="draw", unit="batch", mininterval=1, leave=False, disable=len(starts) < 8):
        seeds = range(recipe.seed + first, recipe.seed + min(first + BATCH, len(prompts)))
        states = [engine.states(prompt) for prompt in prompts[first : first + BATCH]]
        drawn = [noise_for(seed, engine.latent_shape) for seed in seeds]
        draft = None
        if recipe.start == "prior":
            latents = [engine.draft(each, seed) for each, seed in zip(states, seeds, strict=True)]
            draft = Draft(torch.cat(latents), recipe.level)
        steps = sample_text_steps(
            engine.denoise,
            engine.objective,
            plan,
            torch.cat([noise for noise, _ in drawn]),
            Conditioning(torch.cat(states), negative),
            draft=draft,
            generator=[generator for _, generator in drawn],
        )
        *_, last = steps
        pictures.append(to_uint8(engine.decode(last.latents)))
    return np.concatenate(pictures)


def text_sheet(engine: TextEngine, recipe: Recipe) -> Drawing:
    """Twelve prompts, two seeds each."""
    rows = [draw_texts(engine, replace(recipe, seed=seed), SHOWN) for seed in (0, 100)]
    images = [Image.fromarray(one) for half in (slice(0, 6), slice(6, 12)) for row in rows for one in row[half]]
    captions = [_lines(prompt) for half in (SHOWN[:6], SHOWN[6:]) for _ in rows for prompt in half]
    begun = ", begun at a draft" if recipe.start == "prior" else ""
    how = f"{recipe.steps} steps of {recipe.solver}{begun}, guidance {recipe.guidance:g}"
    note = f"Generated, not photographs. {how}"
    return picture_grid(images, captions, title="Drawn from sentences", note=note, columns=6)


def _lines(prompt: str, width: int = 24) -> list[str]:
    """Words in lines of about ``width`` characters."""
    lines = [""]
    for word in prompt.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def requested_auc(said: Sequence[Caption], logits: np.ndarray, name: str) -> dict[str, float]:
    """Compare captions that request an attribute with those that negate it, by the classifier's logit."""
    requested = np.array([caption.attributes.get(name, 0.0) for caption in said])
    others = requested < 0 if (requested < 0).sum() >= FEW else requested <= 0
    specified = (requested > 0) | others
    area = auc(requested[specified] > 0, logits[specified, attributes.INDEX[name]])
    return {"auc": area, "requested": int((requested > 0).sum()), "against": int(others.sum())}


def _curve(engine: TextEngine, classifier, recipe: Recipe, said: Sequence[Caption], real: np.ndarray) -> dict:
    """Fréchet distance and adherence over the number of steps, from noise and from a draft.

    From a draft, the first part of the schedule is left out: ``steps_done`` counts the others.
    """
    if not engine.has_prior:
        return {}
    rows = {}
    for start in ("noise", "prior"):
        for steps in CURVE:
            one = replace(recipe, steps=steps, start=start)
            output = classify(classifier, draw_texts(engine, one, [caption.text for caption in said]))
            done = steps - (Draft(torch.zeros(1), one.level).skipped(steps) if start == "prior" else 0)
            areas = [requested_auc(said, output.attributes, name)["auc"] for name in VISIBLE]
            rows[f"{start}_{steps}"] = {
                "steps_done": done,
                "frechet": frechet(output.embedding, real),
                "auc": float(np.nanmean(areas)),
            }
    return rows


def _repeated(rows: np.ndarray, count: int) -> np.ndarray:
    return rows[np.arange(count) % len(rows)]
