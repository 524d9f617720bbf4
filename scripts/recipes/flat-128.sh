#!/usr/bin/env bash
# The autoencoders with 128 numbers, at 128 pixels: a plain one, then a variational one that begins with its weights.
# A flat code keeps no detail, so food enlarged from 64 pixels teaches it no softness that it would not have.
set -eu
data=$1
sets=(--data "celeba=$data/celeba-sharp" --data "utkface=$data/utkface" --data "food101=$data/food101")
python scripts/train_autoencoder.py --model cae --preset "${PRESET:-cpu}" "${sets[@]}" \
    --classifier checkpoints/128px/classifier --out runs/autoencoder-cae-128 ${ARGS:-}
python scripts/export_checkpoint.py autoencoder-cae --run runs/autoencoder-cae-128 "${sets[@]}" \
    --checkpoints checkpoints/128px
python scripts/train_autoencoder.py --model vae --preset "${PRESET:-cpu}" "${sets[@]}" \
    --classifier checkpoints/128px/classifier --start checkpoints/128px/autoencoder-cae \
    --out runs/autoencoder-vae-128 ${ARGS:-}
python scripts/export_checkpoint.py autoencoder-vae --run runs/autoencoder-vae-128 "${sets[@]}" \
    --checkpoints checkpoints/128px
for model in cae vae; do
    python scripts/evaluate.py "autoencoder-$model" --data "celeba=$data/celeba-sharp" --checkpoints checkpoints/128px
done
