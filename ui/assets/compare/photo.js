// The photo of a comparison: chosen, pasted, dropped, or sent by another tab. It goes with the page.
import { pastedPicture } from "../shared/clipboard.js";
import { alignSwitch, button, fileInput, group } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { asUri, LARGEST } from "../shared/files.js";
import { icon } from "../shared/icons.js";
import { takeFiles } from "../shared/intake.js";
import { paint } from "../shared/pictures.js";
import { takes } from "../shared/send.js";
import { whereItGoes } from "../shared/where.js";
import { change } from "./requests.js";
import { state, visible } from "./state.js";

const SIDE = 96; // CSS pixels
const SEES = "and the GAN and the variations what the classifier makes of it.";
const say = (words) => emit("compare:say", words);

async function usePhoto(file) {
  if (file.size > LARGEST) {
    return say({ text: "This file is larger than 20 MB. Choose a smaller picture.", error: true });
  }
  if (file.type && !file.type.startsWith("image/")) {
    return say({ text: `${file.name || "This file"} is not a picture.`, error: true });
  }
  try {
    change({ kind: "photo", photo: { uri: await asUri(file), name: file.name || "photo" } });
  } catch {
    say({ text: `${file.name || "This file"} could not be opened. Choose a picture.`, error: true });
  }
}

async function paste() {
  const picture = await pastedPicture(say);
  if (picture) usePhoto(picture);
}

export function photoGroup() {
  const input = fileInput("compare-file", "image/*,.heic", ([file]) => usePhoto(file));
  const canvas = el("canvas", { role: "img", "aria-label": "The photo as the models see it", hidden: true });
  on("compare:rows", () => {
    canvas.hidden = !(state.kind === "photo" && state.shown.seen);
    if (!canvas.hidden) paint(canvas, state.shown.seen, SIDE);
  });
  const buttons = [
    button([icon("upload"), "Upload"], () => input.click(), { class: "primary" }),
    button([icon("paste"), "Paste"], paste),
  ];
  const align = alignSwitch("compare-align", (on) => change({ align: on }));
  const hint = `The models see its centre square, ${SEES} ${whereItGoes()}`;
  const note = el("p", { class: "hint compare-hint" }, hint);
  return group("", input, el("div", { class: "button-row" }, buttons), note, align, canvas);
}

takeFiles({ visible, words: () => "Drop a photo to compare what is made of it", take: ([file]) => usePhoto(file) });
takes("compare", ({ uri, name }) => change({ kind: "photo", photo: { uri, name } }));
