#!/usr/bin/env bash
# The variation model at 128 pixels: begins with the face denoiser, and learns to read the classifier's embedding instead of
# attributes, on all three sets of faces. It comes after autoencoder, classifier and faces.
set -eu
data=$1
sets=(--data "celeba=$data/celeba-sharp" --data "celeba=$data/celeba" --data "celeba=$data/celeba-small")
networks=(--autoencoder checkpoints/128px/autoencoder-kl --classifier checkpoints/128px/classifier)
start=checkpoints/128px/faces
[ -e checkpoints/128px/variations/config.json ] && start=checkpoints/128px/variations
python scripts/train_variations.py --preset "${PRESET:-cpu}" "${sets[@]}" "${networks[@]}" --start "$start" \
    --out runs/variations-128 ${ARGS:-}
python scripts/export_checkpoint.py variations --run runs/variations-128 --checkpoints checkpoints/128px
python scripts/evaluate.py variations --data "celeba=$data/celeba-sharp" --checkpoints checkpoints/128px
