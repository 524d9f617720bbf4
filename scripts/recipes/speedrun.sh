#!/usr/bin/env bash
# Everything small in about two hours on two idle cores, into a checkpoint folder of its own, and a page that shows what
# came of it. PRESET=smoke runs the same lines in minutes with models that know nothing.
set -eu
data=$1
out=${2:-runs/speedrun}
root=$out/checkpoints
preset=${PRESET:-cpu}
faces=(--data "celeba=$data/celeba-sharp")
both=("${faces[@]}" --data "food101=$data/food101")

# steps N: of the preset cpu; the others have their own
steps() { if [ "$preset" = cpu ]; then echo "--steps $1"; fi; }
count=500 && style=app
if [ "$preset" = smoke ]; then count=12 && style=smoke; fi

# classifier: a quarter of an hour
python scripts/train_classifier.py --preset "$preset" $(steps 900) "${both[@]}" --out "$out/classifier"
python scripts/export_checkpoint.py classifier --run "$out/classifier" "${faces[@]}" --checkpoints "$root"
python scripts/evaluate.py classifier "${both[@]}" --checkpoints "$root" --work "$out/evaluation"

# KL autoencoder: 35 minutes
python scripts/train_autoencoder.py --preset "$preset" $(steps 2400) "${both[@]}" --classifier "$root/classifier" \
    --out "$out/autoencoder-kl"
python scripts/export_checkpoint.py autoencoder-kl --run "$out/autoencoder-kl" "${both[@]}" --checkpoints "$root"
python scripts/evaluate.py autoencoder-kl "${both[@]}" --most 200 --checkpoints "$root" --work "$out/evaluation"

# faces: half an hour, encoding included; velocity, because the text denoiser begins with this body
python scripts/train_faces.py --preset "$preset" $(steps 1000) "${faces[@]}" --prediction v_prediction \
    --autoencoder "$root/autoencoder-kl" --out "$out/faces"
python scripts/export_checkpoint.py faces --run "$out/faces" --checkpoints "$root"
python scripts/evaluate.py faces "${faces[@]}" --samples 200 --control 8 --checkpoints "$root" --work "$out/evaluation"

# CLIP and text prompts: half an hour
python scripts/train_clip.py --preset "$preset" $(steps 300) "${both[@]}" --out "$out/clip" --export "$root/clip"
python scripts/train_text.py --preset "$preset" $(steps 250) "${both[@]}" --autoencoder "$root/autoencoder-kl" \
    --clip "$root/clip" --faces "$root/faces" --out "$out/text" --export "$root/text"
mkdir -p "$out"
printf '%s\n' "a smiling young woman with blond hair" "an old man with gray hair" "a woman wearing a hat" "a pizza" \
    "a bowl of ramen" "a slice of chocolate cake" > "$out/prompts.txt"
python scripts/sample.py text --prompts "$out/prompts.txt" --seed 0 --out "$out/prompts" --checkpoints "$root"

# one style and an atlas: ten minutes
python scripts/train_style.py --renderer oil --preset "$style" "${faces[@]}" --checkpoints "$root" \
    --out "$out/oil" --export "$root/styles/oil"
python scripts/build_atlas.py --generate "$count" --checkpoints "$root" --out "$root/atlases/faces"

python scripts/write_report.py --checkpoints "$root" --title "Speedrun" --pictures "Text prompts=$out/prompts" \
    --out "$out/report.html"
