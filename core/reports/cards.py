"""Model cards: ``README.md`` of a checkpoint folder, written from what its JSON files say and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import checkpoints
from core.pipelines.models.pipeline import flatten, show, tables, words
from core.reports.style_cards import STYLE_FIGURES, style_about

LICENCES = {
    "celeba": "[CelebA](https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html) (Liu et al. 2015): faces of celebrities "
    "with 40 binary attributes. For non-commercial research only.",
    "food101": "[Food-101](https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/) (Bossard et al. 2014): photos "
    "of dishes; the photos belong to their makers and are for research.",
    "utkface": "[UTKFace](https://susanqq.github.io/UTKFace/) (Zhang et al. 2017): aligned close faces. For "
    "non-commercial research only.",
}
FACE_LIMITS = (
    "CelebA shows celebrities, most of them young, light-skinned and made up for a camera. Faces unlike these are "
    "reproduced and read worse, and what is drawn leans towards them.",
    "The attribute names are those of the data set, not judgements of this project: `Attractive`, `Young` or `Male` "
    "say what annotators ticked. The labels are noisy; people agree on few of them, and `High_Cheekbones`, "
    "`Pointy_Nose` and `Oval_Face` are near chance.",
    "Do not use it to identify, rate or screen people, or to pass off a drawn or edited face as a photograph.",
)
EXPLAINED = {
    "reconstruction": "PSNR in dB and SSIM against the original pixels; embedding distance is 1 - cosine between the "
    "classifier's embeddings of a picture and of its reconstruction; the Fréchet distance compares the two sets in "
    "that embedding, beside the distance of real training pictures from the same test pictures.",
    "baselines": "What needs no network: the mean training picture for every picture, and pictures shrunk to at most "
    "as many numbers as the latents have and enlarged again.",
    "attribute error": "Test faces with and without each attribute: mean PSNR and embedding distance, the difference, "
    "and its standard error (Welch). Forty differences are looked at: below three standard errors one says little.",
    "class error": "Means over the test pictures of each class.",
    "milliseconds per picture": "Median of several runs after warm-up, on the machine named above.",
    "prior": "Fréchet distance of decoded samples of N(0, 1) from test pictures, equally many of each set named above, "
    "beside that of their reconstructions and of one half of them from the other.",
    "posterior": "Mean divergence of the posterior from N(0, 1) per picture, summed over dimensions. A dimension is "
    "active where the posterior's mean varies by more than 0.01 over the pictures (Burda et al. 2015, "
    "arXiv:1509.00519).",
    "frechet": "Fréchet distance in the classifier's embedding. It depends on the number of pictures, so the samples "
    "are also taken as many as there are test pictures. Reconstructed test pictures are the floor that the autoencoder "
    "sets.",
    "control": "One attribute set and 39 open, present and absent, on the same seeds: the share of faces in which the "
    "classifier agrees, at probability 0.5 and at the threshold that balances best on the validation part. `real "
    "present` and its like are the same shares among real test pictures that have the attribute, or have it not: where "
    "the classifier overlooks it on photographs, no drawing can do better.",
    "attribute AUC": "The attribute that was asked against the classifier's logit, beside the same figure for the "
    "labels of real test pictures: no sample can be expected to do better than those.",
    "neighbours": "Distance to the nearest training picture or its mirror image, of samples and of real test pictures: "
    "in the embedding, and as root mean square difference of 8-bit values. Copies would be much nearer than test "
    "pictures are.",
    "AUC": "Zero-shot: the direction from sentences without an attribute to sentences with it, against test pictures.",
    "retrieval": "One caption per test face: how often its picture is among the first 1, 5 and 10, and how often any "
    "that it describes.",
    "adherence": "Captions that ask for an attribute against those that deny it, by the classifier's logit of what was "
    "drawn. Where hardly any deny it, those that leave it open stand for them.",
    "draft": "From noise and from a draft with part of the noise on it, for which the noisy end of the schedule is "
    "left out: `steps done` is what a picture costs.",
    **STYLE_FIGURES,
    "attributes": "Decisions at probability 0.5; the last two columns give the threshold that balances best on the "
    "validation part, and the balanced accuracy at it.",
}
HIDDEN = {
    "command",
    "weights",
    "psnr_percentiles",
    "measured_with",
    "attribute_priors",
    "calibration",
    "protocol",
    "worst",
    "best",
    "code_statistics",
}  # told in words, or too long for a page
LIBRARY = {"autoencoder-kl": "diffusers", "clip": "transformers", "text": "diffusers"}
_FLAT_LIMITS = (
    "Made for 64x64 pixels. One code of 128 numbers for the whole picture: it keeps pose, colours and layout, and what "
    "comes back is soft.",
)
_FLAT_CODE = (
    "from core.checkpoints import load_model\nfrom core.images import open_picture, to_images, to_pixels, to_tensor\n\n"
    'autoencoder = load_model("checkpoints/{name}")\n'
    'z = autoencoder.encode(to_tensor(to_pixels(open_picture("photo.jpg"), 64)))  # (1, 128)\n'
    "picture = to_images(autoencoder.decode(z).clamp(-1, 1))[0]"
)


@dataclass(frozen=True)
class About:
    """What a card says that no file knows."""

    title: str
    tags: tuple[str, ...]
    what: str
    use: str
    load: str
    limits: tuple[str, ...] = ()


ABOUT = {
    "classifier": About(
        "Picture classifier",
        ("image-classification", "celeba", "food101"),
        "A small residual network for pictures of 64x64 pixels. One embedding feeds two heads: the 40 attributes of "
        "CelebA and the dishes of Food-101.",
        "Three jobs inside Latentscape: its features are a perceptual loss, its embedding is where sets of pictures "
        "are compared, and its logits say whether a drawn face has what was asked. For the last, its biases are "
        "corrected to even priors: 0.5 means as likely as not if the attribute were as common as its absence, which "
        "raises the recall of rare ones such as hats and lowers their precision on photographs.",
        "from core.checkpoints import load_model\nfrom core.images import open_picture, to_pixels, to_tensor\n\n"
        'classifier = load_model("checkpoints/classifier")\n'
        'reading = classifier(to_tensor(to_pixels(open_picture("photo.jpg"), 64)))\n'
        "reading.attributes.sigmoid()  # (1, 40), in the order of core.attributes.NAMES",
        (
            "It reads the centre square of a picture at 64x64 pixels and expects one aligned face, or one dish. What "
            "it says of anything else means nothing.",
            "Figures of other checkpoints that use it are measured by a judge of the same family as their training "
            "loss: compare them with each other, not with figures of other projects.",
        ),
    ),
    "autoencoder-kl": About(
        "KL autoencoder",
        ("autoencoder", "vae", "latent-diffusion", "celeba", "food101"),
        "A convolutional autoencoder with a normal prior on its latents (`diffusers.AutoencoderKL`). Every latent "
        "channel is normalised to mean 0 and deviation 1 over the training pictures inside the weights, so the scaling "
        "factor is 1.",
        "The space that faces are drawn and edited in, and a built-in subject of reconstruction and latent maps.",
        "from diffusers import AutoencoderKL\n\n"
        'autoencoder = AutoencoderKL.from_pretrained("checkpoints/autoencoder-kl").eval()\n'
        "# x: float (N, 3, 64, 64) in [-1, 1]\n"
        "z = autoencoder.encode(x).latent_dist.mode()\n"
        "y = autoencoder.decode(z).sample.clamp(-1, 1)",
        ("Made for 64x64 pixels. Fine texture, small text and anything unlike faces and food comes back softer.",),
    ),
    "autoencoder-cae": About(
        "Convolutional autoencoder",
        ("autoencoder", "celeba", "food101"),
        "A convolutional autoencoder with one flat code per picture. Every dimension of the code is normalised to mean "
        "0 and deviation 1 over the training pictures inside the weights; nothing else is asked of its distribution.",
        "A built-in subject of reconstruction and of latent maps, and what the variational autoencoder is compared "
        "with.",
        _FLAT_CODE.format(name="autoencoder-cae"),
        (*_FLAT_LIMITS, "Its prior is unknown: the figures below show what decoding N(0, 1) gives."),
    ),
    "autoencoder-vae": About(
        "Variational autoencoder",
        ("autoencoder", "vae", "celeba", "food101"),
        "The network of `autoencoder-cae` with a normal posterior for its code, trained with a weighted divergence "
        "from the prior N(0, 1) (Kingma & Welling 2013, arXiv:1312.6114; the weight is the beta of Higgins et al. "
        "2017).",
        "A built-in subject of reconstruction and of latent maps; its prior can be sampled, its dimensions can be "
        "walked along.",
        _FLAT_CODE.format(name="autoencoder-vae") + "\n\n# a sample of the prior\nimport torch\n\n"
        "sample = to_images(autoencoder.decode(torch.randn(1, 128)).clamp(-1, 1))[0]",
        _FLAT_LIMITS,
    ),
    "faces": About(
        "Faces by attributes",
        ("unconditional-image-generation", "latent-diffusion", "celeba"),
        "A U-Net that removes noise from the latents of `autoencoder-kl`, told 40 attributes: +1 present, -1 absent, 0 "
        "left open, anything between as a strength.",
        "Drawing and editing invented faces by attributes in the Faces tab, for study and play.",
        "from core.pipelines.faces.pipeline import FacesPipeline\nfrom core.recipe import Recipe\n\n"
        'recipe = Recipe(seed=42, attributes={"Smiling": 1, "Eyeglasses": 1})\n'
        'result = list(FacesPipeline("checkpoints").draw(recipe))[-1]\n'
        'result.faces[0].image.save("face.png")\n\n'
        "# the network alone\nfrom core.checkpoints import load_model\n\n"
        'denoiser = load_model("checkpoints/faces")  # (latents, timesteps, attributes) -> velocity',
        (
            "64x64 pixels. Attributes that come together in the data come together here: asking for one may bring "
            "others along, which the app shows.",
        ),
    ),
    "clip": About(
        "CLIP of faces and dishes",
        ("zero-shot-image-classification", "clip", "celeba", "food101"),
        "Pictures and sentences in one space (Radford et al. 2021, arXiv:2103.00020): transformers' `CLIPModel`, "
        "small, with a byte-level BPE tokenizer of its own. The captions it learned from were written by a grammar "
        "from the labels of CelebA and Food-101.",
        "The text encoder of the text pipeline, the search by words on the latent map, and the score that picks the "
        "best of several drawings.",
        "from transformers import CLIPModel, CLIPTokenizer\n\n"
        'model = CLIPModel.from_pretrained("checkpoints/clip")\n'
        'tokenizer = CLIPTokenizer.from_pretrained("checkpoints/clip")',
        (
            "It knows the words of its grammar: what a face shows and twenty dishes. Any other sentence means nothing "
            "to it.",
        ),
    ),
    "text": About(
        "Text to picture",
        ("text-to-image", "latent-diffusion", "stable-diffusion", "celeba", "food101"),
        "A `StableDiffusionPipeline` of this project's own parts: `clip` reads the sentence, a "
        "`UNet2DConditionModel` with cross-attention removes noise from the latents of `autoencoder-kl`. Beside it, in "
        "`prior/`, a conditional variational autoencoder that drafts a picture to start from.",
        "Drawing invented faces and twenty dishes from sentences in the Text prompts tab, for study and play.",
        "from diffusers import DiffusionPipeline\n\n"
        'pipeline = DiffusionPipeline.from_pretrained("checkpoints/text")\n'
        'picture = pipeline("a smiling young woman with glasses", height=64, width=64).images[0]',
        ("64x64 pixels, and the words of its captions: what a face shows and twenty dishes.",),
    ),
}


def write_card(folder: Path) -> Path:
    """``README.md`` of ``folder`` from its training and metrics files, where they are. Returns its path."""
    card = folder / "README.md"
    card.write_text(card_text(folder), encoding="utf-8")
    return card


def card_text(folder: Path) -> str:
    """The card of a checkpoint folder as Markdown with the hub's front matter."""
    name = folder.name
    fallback = About(words(name.replace("-", " ").capitalize()), (), "", "", f'load_model("checkpoints/{name}")')
    config = _read(folder / "config.json")
    style = config.get("_class_name") == "Adapter"
    about = About(**style_about(name, config)) if style else ABOUT.get(name, fallback)
    training = _read(folder / "training.json")
    metrics = _read(folder / "metrics.json")
    kinds = [kind for kind in training.get("data", {}) if kind in LICENCES] or ["celeba"]
    kinds = list(dict.fromkeys(["celeba", *kinds])) if style else kinds  # its base has learned from these
    parts = [_front_matter(name, about), f"# {about.title}", about.what, _picture(folder)]
    parts += ["## Intended use", about.use, "## Data and licence", _licence(kinds)]
    parts += ["## Training", *_training(training), _comparison(folder), "## Measured", *_measured(metrics)]
    limits = (*about.limits, *(FACE_LIMITS if {"celeba", "utkface"} & set(kinds) else ()))
    parts += ["## Limits and biases", "\n".join(f"- {limit}" for limit in limits)]
    parts += ["## How to load it", f"```python\n{about.load}\n```"]
    if name not in LIBRARY:
        parts.append("From the root of the Latentscape repository, with its requirements installed.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(name: str, about: About) -> str:
    lines = ["---", "license: other", "license_name: non-commercial-research"]
    if name in LIBRARY:
        lines.append(f"library_name: {LIBRARY[name]}")
    lines += ["tags:", *(f"- {tag}" for tag in ("latentscape", *about.tags)), "---"]
    return "\n".join(lines)


def _picture(folder: Path) -> str:
    return f"![Generated samples]({checkpoints.SAMPLES})" if (folder / checkpoints.SAMPLES).is_file() else ""


def _comparison(folder: Path) -> str:
    drawn = {
        "comparison.png": "Validation error of each preset over its training time",
        "draft.png": "Distance to real faces over the steps that are paid for, from noise and from a draft",
    }
    return "\n\n".join(f"![{words}]({file})" for file, words in drawn.items() if (folder / file).is_file())


def _licence(kinds: list[str]) -> str:
    lines = [f"- {LICENCES[kind]}" for kind in kinds]
    return (
        "The weights were learned from research data and are, like it, for **non-commercial research only**; the "
        "project's code has its own licence. No picture of the data is part of this folder.\n\n" + "\n".join(lines)
    )


def _training(training: dict) -> list[str]:
    """Facts, what the curves ended at, and a comparison of presets where one was recorded."""
    if not training:
        return ["Not recorded."]
    facts = {key: value for key, value in training.items() if key not in {"curves", "comparison", *HIDDEN}}
    parts = [_table(["", "value"], [list(row) for row in flatten(facts)])]
    ends = [
        [words(name), show(curve["values"][0]), show(curve["values"][-1])]
        for name, curve in training.get("curves", {}).items()
        if curve.get("values")
    ]
    if ends:
        parts += ["`training.json` holds the whole curves:", _table(["curve", "first", "last"], ends)]
    for table in tables({"comparison": training.get("comparison") or {}}):
        parts += ["Presets compared:", _table(table.columns, table.rows)]
    return parts


def _measured(metrics: dict) -> list[str]:
    if not metrics:
        return ["Not measured yet."]
    parts = [f"```\n{metrics.get('command', '')}\n```", str(metrics.get("protocol", ""))]
    told: set[str] = set()
    for table in tables({key: value for key, value in metrics.items() if key not in HIDDEN}):
        heading = "Settings" if table.title == "Figures" else table.title[:1].upper() + table.title[1:]
        subject = table.title.split(" / ")[0]
        explained = "" if subject in told else EXPLAINED.get(subject, "")
        told.add(subject)
        parts += [f"### {heading}", explained, _table(table.columns, table.rows)]
    return parts


def _table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _read(path: Path) -> dict:
    return checkpoints.read_json(path) if path.is_file() else {}
