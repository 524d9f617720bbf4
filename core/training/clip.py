"""Train CLIP on pictures and the captions that their labels allow.

A caption mentions few attributes, so it fits several pictures of a batch. All of them are its targets, in equal parts
(Yang et al. 2022, arXiv:2204.03610); plain CLIP would treat the others as negatives.

A vision transformer learns slowly from a few thousand pictures. Where our classifier is given, the picture tower is
also trained to predict its embedding through a linear layer that is discarded afterwards (distillation: Romero et al.
2014, arXiv:1412.6550).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPModel, CLIPTokenizer

from core import draws
from core.attributes import COUNT, NAMES, vector
from core.captions.sentences import Caption, describe_face, describe_food, disturbed
from core.data import PictureSet
from core.models.classifier import PictureClassifier
from core.models.clip import PRESETS as SHAPES
from core.models.clip import build_clip, build_tokenizer, embed_texts, load_clip, reduced, tokens_of
from core.processes import Processes
from core.training import batches
from core.training.clip_zero_shot import zero_shot
from core.training.loop import Loop, LoopConfig

DISTURBED = 0.15  # share of captions with meaningless words added, which the encoder so learns to ignore
GUIDED = 1.0  # weight of the classifier's guidance beside the contrastive loss
_SAMPLE = 20_000  # captions that the tokenizer learns from
_LARGEST_SCALE = math.log(100.0)


@dataclass(frozen=True)
class ClipPreset:
    loop: LoopConfig
    shape: str = "cpu"  # of core.models.clip.PRESETS
    vocabulary: int = 2048  # at most
    faces: float = 0.6  # share of a batch; the rest is food


PRESETS = {
    "smoke": ClipPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        "tiny",
        vocabulary=1024,
    ),
    "cpu": ClipPreset(
        LoopConfig(
            steps=2000,
            batch_size=192,
            learning_rate=1e-3,
            warmup=200,
            weight_decay=0.1,
            ema_decay=0.998,
            validate_every=250,
        )
    ),
    "gpu": ClipPreset(
        LoopConfig(
            steps=20000, batch_size=1024, learning_rate=7e-4, warmup=1000, weight_decay=0.1, validate_every=1000
        ),
        "gpu",
    ),
}


class Guide(nn.Module):
    """Tower features (N, W) and the classifier's embedding of the same pictures (N, D) -> the distillation loss.

    It is the share of the embedding's variance in the batch that a linear layer does not predict, 0 for all of it.
    """

    def __init__(self, width: int, embedding_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.read = nn.Linear(width, embedding_dim)

    def forward(self, features: Tensor, embedding: Tensor) -> Tensor:
        wanted = embedding - embedding.mean(dim=0)
        got = self.read(self.norm(features))
        got = got - got.mean(dim=0)
        return (got - wanted).square().sum() / wanted.square().sum().clamp(min=1e-6)


@dataclass(frozen=True)
class CaptionBatch:
    """Captions of one batch as tokens, and what they mention; faces first. ``foods`` (N,) is the class or -1."""

    tokens: Tensor  # (N, L)
    mentioned: Tensor  # float (N, 40) of -1, 0, 1
    foods: Tensor  # int64 (N,)


@dataclass(frozen=True)
class Sources:
    """The two sets that CLIP and the text denoiser learn from, and which rows."""

    faces: PictureSet
    foods: PictureSet | None
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, sets: Mapping[str, PictureSet], part: str = "train") -> Sources:
        faces, foods = sets["celeba"], sets.get("food101")
        rows = {"faces": faces.indices(part), "foods": np.zeros(0, int) if foods is None else foods.indices(part)}
        return cls(faces, foods, rows)


def train_clip(
    sets: Mapping[str, PictureSet],
    preset: ClipPreset,
    out: Path,
    *,
    classifier: PictureClassifier | None = None,
    tokenizer: CLIPTokenizer | None = None,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """CelebA and, where given, Food-101 -> a run folder with ``best/``, ``last/`` and ``tokenizer/``.

    ``classifier`` is what the picture tower learns from besides the captions. Of ``start`` the text tower stays (Zhai
    et al. 2021, arXiv:2111.07991), so that a text denoiser made with it still fits. Pictures may be large.
    """
    # data
    sources = Sources.of(sets)
    # model, optimiser
    model, tokenizer = _begun(sources, preset, out, tokenizer, start, resume)
    modules: dict[str, nn.Module] = {"model": model}
    if classifier is not None:
        modules["guide"] = Guide(model.config.vision_config.hidden_size, classifier.config.embedding_dim)
    metadata = {**batches.metadata_of(sets), "shape": preset.shape, "distilled": classifier is not None}
    metadata |= {"started_from": batches.history(start)} if start else {}
    loop = Loop(preset.loop, out, modules, metadata)
    teacher = None if classifier is None else classifier.eval().requires_grad_(False).to(loop.device)
    count = loop.batch_size if sources.foods is None else round(preset.faces * loop.batch_size)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        rows = batches.draw_rows(sources.rows["faces"], count, generator)
        parts, picked = [batches.pictures(sources.faces, rows)], np.zeros(0, int)
        if sources.foods is not None:
            picked = batches.draw_rows(sources.rows["foods"], loop.batch_size - count, generator)
            parts.append(batches.pictures(sources.foods, picked))
        x = batches.jitter(batches.mirror(batches.concatenate(parts), generator), generator).to(loop.device)
        labels = torch.from_numpy(sources.faces.attributes[rows]).float()
        batch = tokenised(captions_of(sources, rows, picked, generator), sources, tokenizer)
        matches = matching(batch, labels).to(loop.device)
        with loop.autocast():
            seen = loop.modules["model"].get_image_features(reduced(loop.modules["model"], x))
            pictures = F.normalize(seen.pooler_output.float(), dim=1)
            texts = embed_texts(loop.modules["model"], batch.tokens.to(loop.device))
        scale = loop.modules["model"].logit_scale.clamp(max=_LARGEST_SCALE).exp()
        loss = matched = contrastive(scale * texts @ pictures.T, matches)
        figures = {"loss": matched.detach(), "scale": scale.detach()}
        if teacher is not None:
            with torch.no_grad(), loop.autocast():
                embedding = teacher(x).embedding.float()
            figures["guide"] = missed = loop.modules["guide"](seen.last_hidden_state[:, 0].float(), embedding)
            loss = matched + GUIDED * missed
        loop.update("model", loss)
        if teacher is not None:
            loop.advance("guide")
        return {name: value.detach() for name, value in figures.items()}

    # train, log, save
    loop.run(train_step, lambda trained: _validate(trained, tokenizer, sets), resume=resume, until=until)
    return loop


def _begun(
    sources: Sources, preset: ClipPreset, out: Path, given: CLIPTokenizer | None, start: Path | None, resume: bool
) -> tuple[CLIPModel, CLIPTokenizer]:
    """A new model, or that of ``start``, of which all but the text tower and its projection learns; its tokenizer."""
    known, given = (None, given) if start is None else load_clip(start)
    tokenizer = _saved_tokenizer(sources, preset, out, given, resume)
    torch.manual_seed(preset.loop.seed)
    model = known or build_clip(tokenizer, SHAPES[preset.shape])
    model.set_attn_implementation("eager")  # the fused attention's backward pass is slow on a CPU at this size
    if known is not None:
        model.train().requires_grad_(True)
        model.text_model.requires_grad_(False)
        model.text_projection.requires_grad_(False)
    return model, tokenizer


def captions_of(sources: Sources, rows: np.ndarray, picked: np.ndarray, generator: torch.Generator) -> list[Caption]:
    """Rows of faces, then of foods -> one caption each, some with meaningless words added."""
    seeds = draws.integers(generator, 2**62, len(rows) + len(picked)).tolist()
    dice = [random.Random(seed) for seed in seeds]
    captions = [describe_face(sources.faces.attributes[row], die) for row, die in zip(rows, dice, strict=False)]
    for row, die in zip(picked, dice[len(rows) :], strict=True):
        captions.append(describe_food(sources.foods.class_names[sources.foods.classes[row]], die))
    return [
        Caption(disturbed(caption.text, die), caption.attributes, caption.food) if die.random() < DISTURBED else caption
        for caption, die in zip(captions, dice, strict=True)
    ]


def tokenised(captions: list[Caption], sources: Sources, tokenizer: CLIPTokenizer) -> CaptionBatch:
    """Captions -> their tokens, and the attributes and foods that they mention."""
    names = () if sources.foods is None else sources.foods.class_names
    foods = [names.index(caption.food) if caption.food else -1 for caption in captions]
    mentioned = np.stack([vector(caption.attributes) for caption in captions])
    tokens = tokens_of(tokenizer, [caption.text for caption in captions])
    return CaptionBatch(tokens, torch.from_numpy(mentioned), torch.tensor(foods))


def matching(batch: CaptionBatch, labels: Tensor) -> Tensor:
    """Which caption matches which picture of a batch, bool (N, N); ``labels`` (F, 40) are those of the faces."""
    about = batch.foods[:, None] == batch.foods[None]  # (N, N) the same food, or both a face
    faces = len(labels)
    wanted = batch.mentioned[:faces].abs().sum(dim=1, keepdim=True)  # (F, 1)
    about[:faces, :faces] &= batch.mentioned[:faces] @ labels.T == wanted
    return about


def contrastive(logits: Tensor, matches: Tensor) -> Tensor:
    """Scaled similarities (N, N), captions by pictures -> cross-entropy both ways, all matches as equal targets."""
    target = matches.float()
    by_text = -(F.log_softmax(logits, dim=1) * target / target.sum(dim=1, keepdim=True)).sum(dim=1).mean()
    by_picture = -(F.log_softmax(logits, dim=0) * target / target.sum(dim=0, keepdim=True)).sum(dim=0).mean()
    return (by_text + by_picture) / 2


def _saved_tokenizer(
    sources: Sources, preset: ClipPreset, out: Path, given: CLIPTokenizer | None, resume: bool
) -> CLIPTokenizer:
    """The run's tokenizer, written to ``out`` by the main process; the others then find it there."""
    processes = Processes.launched()
    with processes.main_first():
        tokenizer = given or _tokenizer(sources, preset, out, resume or not processes.main)
        if processes.main:
            tokenizer.save_pretrained(out / "tokenizer")
    return tokenizer


def _tokenizer(sources: Sources, preset: ClipPreset, out: Path, resume: bool) -> CLIPTokenizer:
    """The run's own when it goes on; else a new one, of captions as the training will see them."""
    if resume and (out / "tokenizer" / "tokenizer.json").is_file():
        return CLIPTokenizer.from_pretrained(out / "tokenizer", local_files_only=True)
    generator = torch.Generator().manual_seed(preset.loop.seed)
    rows = batches.draw_rows(sources.rows["faces"], _SAMPLE // 2, generator)
    texts = [caption.text for caption in captions_of(sources, rows, rows[:0], generator)]
    # Rare words too: every attribute is as likely as any other here.
    dice = random.Random(preset.loop.seed)
    for _ in range(_SAMPLE // 4):
        given = {name: dice.choice((-1.0, 1.0)) for name in dice.sample(NAMES, COUNT // 4)}
        texts.append(disturbed(describe_face(given, dice).text, dice))
    for name in () if sources.foods is None else sources.foods.class_names:
        texts += [describe_food(name, dice).text for _ in range(_SAMPLE // 80)]
    return build_tokenizer(texts, preset.vocabulary)


def _validate(model: CLIPModel, tokenizer: CLIPTokenizer, sets: Mapping[str, PictureSet]) -> dict[str, float]:
    figures = zero_shot(model, tokenizer, sets, "val", most=512)
    flat = {"auc": figures["auc_mean"], "match_at_5": figures["retrieval"]["matching"]["5"]}
    if "class_accuracy" in figures:
        flat["classes"] = figures["class_accuracy"]
    flat["mean_of_auc_and_classes"] = float(np.nanmean([flat["auc"], flat.get("classes", flat["auc"])]))
    return {**flat, "rank": -flat["mean_of_auc_and_classes"]}  # the loop keeps the smallest rank; it is not logged
