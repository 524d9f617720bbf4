// Pictures and style files that come in: chosen, pasted, dropped, or sent by another tab.
import { pastedPicture } from "../shared/clipboard.js";
import { emit, on } from "../shared/events.js";
import { asUri, carriesRecipe, headOf, LARGEST, saveFrom } from "../shared/files.js";
import { takeFiles } from "../shared/intake.js";
import { takes } from "../shared/send.js";
import { addPictures } from "./jobs.js";
import { usePhoto } from "./photo.js";
import { applyStyle, enterPicture, requests } from "./requests.js";
import { state, titleOf, visible } from "./state.js";

const WEIGHTS = /\.(safetensors|ckpt|pt|pth|bin|pkl)$/i;

const say = (text) => emit("styles:say", { text, error: true });

export async function addStyle(file) {
  const { largest } = state.words;
  if (file.size > largest) {
    return say(`${file.name} is larger than ${largest / 2 ** 20} MB. Put it into the folder of LoRAs.`);
  }
  emit("styles:intake", `Adding ${file.name}`);
  try {
    const { path } = await state.upload(file);
    requests.request("file", { kind: "add", path, base: state.base, checkpoint: state.recipe.checkpoint }, {
      adding: true,
    });
  } catch {
    emit("styles:intake", "");
    say(`${file.name} did not reach the server. Check the connection and add it again.`);
  }
}

// Pictures train a style while one is being trained; otherwise the first is a photo, or a face with its recipe.
async function receive(files) {
  const [file] = files;
  if (!file) return;
  if (WEIGHTS.test(file.name)) return addStyle(file);
  const large = files.find((one) => one.size > LARGEST);
  if (large) return say(`${large.name} is larger than 20 MB. Choose a smaller file.`);
  if (state.mode === "train") return addPictures(files);
  if (file.type && !file.type.startsWith("image/")) return say(`${file.name || "This file"} is not a picture.`);
  if (carriesRecipe(await headOf(file), state.words.pngKey)) return enterPicture({ uri: await asUri(file) });
  usePhoto(file);
}

export async function paste() {
  const picture = await pastedPicture((words) => emit("styles:say", words));
  if (picture) receive([picture]);
}

const dropWords = () =>
  state.mode === "train"
    ? "Drop the pictures of your style"
    : "Drop a photo to see it in styles, or a style file (safetensors) to apply it";

takeFiles({ visible, words: dropWords, take: receive });
takes("styles", enterPicture);

on("styles:response", ({ file, added, error, request, last }) => {
  if (file) saveFrom(file.address, file.name);
  if (request.adding && last) emit("styles:intake", "");
  if (!added || error) return;
  emit("styles:say", { text: `${titleOf(added)} is on the wall of this session.` });
  applyStyle(added);
});
