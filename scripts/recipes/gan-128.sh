#!/usr/bin/env bash
# The GAN at 128 pixels, on the latents and embeddings of the sharp faces. It belongs to the autoencoder and the classifier
# that it is trained with, so it comes after both. Begins with the weights that are there.
set -eu
data=$1
sets=(--data "celeba=$data/celeba-sharp")
networks=(--autoencoder checkpoints/128px/autoencoder-kl --classifier checkpoints/128px/classifier)
start=()
[ -e checkpoints/128px/gan/config.json ] && start=(--start checkpoints/128px/gan)
python scripts/train_gan.py --preset "${PRESET:-cpu}" "${sets[@]}" "${networks[@]}" "${start[@]}" --out runs/gan-128 ${ARGS:-}
python scripts/export_checkpoint.py gan --run runs/gan-128 --which best --checkpoints checkpoints/128px
python scripts/evaluate.py gan "${sets[@]}" --checkpoints checkpoints/128px
