// What can be done with the picture on the canvas: save it, link to it, send it to another tab.
import { writeAddress } from "../faces/state.js";
import { copyText } from "../shared/clipboard.js";
import { button, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit } from "../shared/events.js";
import { saveAs } from "../shared/files.js";
import { pythonButton } from "../shared/python_code.js";
import { sendButtons } from "../shared/send.js";
import { requests } from "./requests.js";
import { chosenPicture, linkOf, state } from "./state.js";

const GIF_FRAMES = 13;

const say = (words) => emit("prompts:say", words);
const frameOf = (entry) => entry.frame || entry.frames[0];

// The picture on the canvas, for other tabs.
function outgoing() {
  if (state.shown.kind === "morph") return { uri: frameOf(state.shown), name: "morph" };
  const { picture, prompt, seed } = chosenPicture();
  return { uri: picture, name: prompt.slice(0, 40) || `seed ${seed}` };
}

function download() {
  const entry = state.shown;
  const chosen = chosenPicture();
  if (entry?.kind === "morph") saveAs(frameOf(entry), `latentscape-morph-seed${entry.recipe.seed}.png`);
  else if (chosen) saveAs(chosen.picture, chosen.filename);
}

const copyLink = () =>
  copyText(writeAddress(linkOf(state.shown)), say, "Link copied. It draws the same picture again.");

function gif() {
  say({ text: "Making the GIF." });
  const { recipe, other } = state.shown;
  requests.request("gif", { kind: "gif", recipe, other, frames: GIF_FRAMES });
}

export function toolbar() {
  const bar = el(
    "div",
    { class: "stage-actions", hidden: true },
    button("GIF", gif, { class: "button small", id: "prompts-gif", hidden: true }),
    iconButton("download", "Download PNG with its recipe", download, { id: "prompts-download" }),
    iconButton("link", "Copy a link to this picture", copyLink, { id: "prompts-link" }),
    pythonButton(() => ({ kind: "drawing", link: linkOf(state.shown) }), say, { id: "prompts-python" }),
  );
  for (const one of sendButtons("prompts", outgoing)) {
    one.id = `prompts-to-${one.dataset.send}`;
    bar.append(one);
  }
  return bar;
}
