#!/usr/bin/env bash
# The classifier at 128 pixels: 40 attributes on three sets of faces at their own sharpness, and twenty dishes. Begins
# with the weights that are there.
set -eu
data=$1
sets=(--data "celeba=$data/celeba-sharp" --data "celeba=$data/celeba" --data "celeba=$data/celeba-small"
      --data "food101=$data/food101")
start=()
[ -e checkpoints/128px/classifier/config.json ] && start=(--start checkpoints/128px/classifier)
python scripts/train_classifier.py --preset "${PRESET:-cpu}" "${sets[@]}" "${start[@]}" --out runs/classifier-128 ${ARGS:-}
python scripts/export_checkpoint.py classifier --run runs/classifier-128 "${sets[@]}" \
    --checkpoints checkpoints/128px
python scripts/evaluate.py classifier "${sets[@]}" --checkpoints checkpoints/128px
