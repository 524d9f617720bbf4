#!/usr/bin/env bash
# The face denoiser at 128 pixels: flow, on the 8x16x16 latents of sharp faces alone, since nothing tells it yet how
# sharp a picture is. Begins with the weights that are there.
set -eu
data=$1
start=()
[ -e checkpoints/128px/faces/config.json ] && start=(--start checkpoints/128px/faces)
python scripts/train_faces.py --preset "${PRESET:-cpu}" --data "celeba=$data/celeba-sharp" --prediction flow \
    --autoencoder checkpoints/128px/autoencoder-kl "${start[@]}" --out runs/faces-128 ${ARGS:-}
python scripts/export_checkpoint.py faces --run runs/faces-128 --checkpoints checkpoints/128px
python scripts/evaluate.py faces --data "celeba=$data/celeba-sharp" --checkpoints checkpoints/128px
