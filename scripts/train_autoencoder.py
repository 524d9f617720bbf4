"""Train an autoencoder: kl keeps a grid of latents and is what drawing happens in, cae and vae keep one flat code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from _command import load_sets, run, training_parser, with_options


def main() -> None:
    parser = training_parser(__doc__, "celeba=DIR, food101=DIR, utkface=DIR, folder=DIR")
    parser.add_argument("--model", choices=("kl", "cae", "vae"), default="kl", help="which autoencoder")
    parser.add_argument("--classifier", type=Path, help="folder of the classifier whose features guide the training")
    parser.add_argument("--code", type=int, metavar="D", help="cae and vae: numbers in a code, instead of the preset's")
    parser.add_argument("--beta", type=float, help="vae: weight of the divergence, instead of the preset's")
    parser.add_argument("--start", type=Path, metavar="DIR", help="begin with this checkpoint's weights")
    parser.add_argument("--adversarial-from", type=float, help="kl: share of the run after which a discriminator helps")
    args = parser.parse_args()
    if args.model == "kl" and (args.code, args.beta) != (None, None):
        parser.error("--code and --beta belong to --model cae and vae.")
    if (args.code is not None and args.code < 1) or (args.beta is not None and args.beta < 0):
        parser.error("--code is at least 1, --beta not negative.")

    from core.checkpoints import load_model
    from core.training import autoencoder, flat_autoencoder

    classifier = load_model(args.classifier) if args.classifier else None
    if args.model == "kl":
        preset = with_options(autoencoder.PRESETS[args.preset], args)
        if args.adversarial_from is not None:
            preset = replace(preset, adversarial_from=args.adversarial_from)
        sets = load_sets(args.data, size=preset.size, sizes={"food101": 64})
        autoencoder.train_autoencoder(sets, classifier, preset, args.out, start=args.start, resume=args.resume)
        return
    preset = flat_autoencoder.with_size(with_options(flat_autoencoder.PRESETS[args.preset], args), args.code, args.beta)
    sets = load_sets(args.data, size=preset.model.get("sample_size", 64))
    flat_autoencoder.train_flat_autoencoder(
        sets, classifier, preset, args.out, variational=args.model == "vae", start=args.start, resume=args.resume
    )


if __name__ == "__main__":
    run(main)
