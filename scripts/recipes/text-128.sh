#!/usr/bin/env bash
# CLIP, the text denoiser and the prior at 128 pixels, in this order: each needs the one before. The denoiser begins with
# the body of the faces of 128 pixels, so it predicts flow as they do.
set -eu
data=$1
root=checkpoints/128px
sets=(--data "celeba=$data/celeba-sharp" --data "food101=$data/food101")
python scripts/train_clip.py --preset "${PRESET:-cpu}" "${sets[@]}" --classifier "$root/classifier" \
    --size 128 --out runs/clip-128 --export "$root/clip" ${ARGS:-}
python scripts/train_text.py --preset "${PRESET:-cpu}" "${sets[@]}" --autoencoder "$root/autoencoder-kl" \
    --clip "$root/clip" --faces "$root/faces" --prediction flow --muon --out runs/text-128 --export "$root/text" ${ARGS:-}
python scripts/train_prior.py --preset "${PRESET:-cpu}" "${sets[@]}" --autoencoder "$root/autoencoder-kl" \
    --clip "$root/clip" --out runs/prior-128 --export "$root/text" ${ARGS:-}
python scripts/evaluate.py text "${sets[@]}" --checkpoints "$root"
