#!/usr/bin/env bash
# The face denoiser at 128 pixels: flow, on 8x16x16 latents of all three sets of faces. The network is told how many of a
# picture's pixels are its own, and enlarged pictures appear only under much noise. Begins with the weights that are there.
set -eu
data=$1
start=()
[ -e checkpoints/128px/faces/config.json ] && start=(--start checkpoints/128px/faces)
sets=(--data "celeba=$data/celeba-sharp" --data "celeba=$data/celeba" --data "celeba=$data/celeba-small")
python scripts/train_faces.py --preset "${PRESET:-cpu}" "${sets[@]}" --prediction flow --muon \
    --autoencoder checkpoints/128px/autoencoder-kl "${start[@]}" --out runs/faces-128 ${ARGS:-}
python scripts/export_checkpoint.py faces --run runs/faces-128 --checkpoints checkpoints/128px
python scripts/evaluate.py faces --data "celeba=$data/celeba-sharp" --checkpoints checkpoints/128px
