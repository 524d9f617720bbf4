#!/usr/bin/env bash
# The KL autoencoder at 128 pixels, 8x16x16 latents: sharp faces alone, food at its own 64 pixels. Begins with the weights
# that are there.
set -eu
data=$1
start=()
[ -e checkpoints/128px/autoencoder-kl/config.json ] && start=(--start checkpoints/128px/autoencoder-kl)
sets=(--data "celeba=$data/celeba-sharp" --data "utkface=$data/utkface" --data "food101=$data/food101")
python scripts/train_autoencoder.py --preset "${PRESET:-cpu}" "${sets[@]}" --classifier checkpoints/128px/classifier \
    "${start[@]}" --out runs/autoencoder-kl-128 ${ARGS:-}
python scripts/export_checkpoint.py autoencoder-kl --run runs/autoencoder-kl-128 "${sets[@]}" \
    --checkpoints checkpoints/128px
python scripts/evaluate.py autoencoder-kl --data "celeba=$data/celeba-sharp" --data "utkface=$data/utkface" \
    --checkpoints checkpoints/128px
