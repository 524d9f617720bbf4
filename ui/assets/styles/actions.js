// What can be done with a styled picture: save it, link to it, send it on.
import { copyText } from "../shared/clipboard.js";
import { iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit } from "../shared/events.js";
import { saveAs } from "../shared/files.js";
import { pythonButton } from "../shared/python_code.js";
import { sendButtons } from "../shared/send.js";
import { state } from "./state.js";

const chosen = () => state.shown?.after;
const say = (words) => emit("styles:say", words);
const download = () => chosen() && saveAs(chosen().picture, chosen().filename);
const outgoing = () => ({
  uri: chosen().picture,
  name: state.shown.kind === "photo" ? "photo in a style" : `seed ${state.shown.recipe.seed}, styled`,
});

function copyLink() {
  const url = new URL(location.href);
  url.searchParams.set("r", chosen().link);
  url.hash = "";
  const copied = "Link copied. It opens in the Faces tab and draws the same picture again.";
  return copyText(url.href, say, copied);
}

export function toolbar() {
  const bar = el(
    "div",
    { class: "stage-actions", hidden: true },
    iconButton("download", "Download PNG with its recipe", download, { id: "styles-download" }),
    iconButton("link", "Copy a link to this picture", copyLink, { id: "styles-link" }),
    pythonButton(() => ({ kind: "drawing", link: chosen().link }), say, { id: "styles-python" }),
  );
  for (const one of sendButtons("styles", outgoing)) {
    one.id = `styles-to-${one.dataset.send}`;
    bar.append(one);
  }
  return bar;
}
