// What can be done with the picture on the canvas: save it, link to it, send it to another tab.
import { el, emit, icon } from "../shared/core.js";
import { sendButtons } from "../shared/send.js";
import { writeAddress } from "../faces/session.js";
import { linkOf } from "./canvas.js";
import { requests, state } from "./wire.js";

const frameOf = (entry) => entry.frame || entry.frames[0];

// As a blob: a browser does not save a long data URI.
async function save(uri, name) {
  const address = URL.createObjectURL(await (await fetch(uri)).blob());
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const chosen = () => state.shown?.pictures[state.shown.selected] || state.shown?.pictures[0];

// The picture on the canvas, for other tabs.
const outgoing =
  () => (state.shown.kind === "morph"
    ? { uri: frameOf(state.shown), name: "morph" }
    : { uri: chosen().picture, name: chosen().prompt.slice(0, 40) || `seed ${chosen().seed}` });

function download() {
  const entry = state.shown;
  if (entry?.kind === "morph") save(frameOf(entry), `latentscape-morph-seed${entry.recipe.seed}.png`);
  else if (chosen()) save(chosen().picture, chosen().filename);
}

async function copyLink() {
  const href = writeAddress(linkOf(state.shown));
  try {
    await navigator.clipboard.writeText(href);
    emit("prompts:say", { text: "Link copied. It draws the same picture again." });
  } catch {
    emit("prompts:say", { text: "The browser keeps its clipboard closed; copy the page’s address instead." });
  }
}

function gif() {
  emit("prompts:say", { text: "Making the GIF." });
  requests.ask("gif", { kind: "gif", recipe: state.shown.recipe, other: state.shown.other, frames: 13 });
}

export const toolbar = () => {
  const button = (id, name, words, onclick) =>
    el("button", { type: "button", class: "icon-button", id, title: words, "aria-label": words, onclick }, icon(name));
  const movie = el(
    "button",
    { type: "button", class: "button small", id: "prompts-gif", hidden: true, onclick: gif },
    "GIF",
  );
  const bar = el(
    "div",
    { class: "stage-actions", hidden: true },
    movie,
    button("prompts-download", "download", "Download PNG with its recipe", download),
    button("prompts-link", "link", "Copy a link to this picture", copyLink),
  );
  for (const one of sendButtons("prompts", outgoing)) {
    one.id = `prompts-to-${one.dataset.send}`;
    bar.append(one);
  }
  return bar;
};

export { save as saveAs };
