// A photo of one's own in styles: which of its faces, the square of it, and how it is inverted.
import { button, fileInput, plainSlider, select, setSlider, setting } from "../shared/controls.js";
import { Crop } from "../shared/crop.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { asUri } from "../shared/files.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { WholePhoto } from "../shared/whole_photo.js";
import { whenRefreshed } from "./refresh.js";
import { change, requests } from "./requests.js";
import { activeNow, state } from "./state.js";

let crop, whole;
let wholeId = ""; // identifies the whole photo that the crop is of
let unread = null; // {source, former}: a photo that this browser cannot show, until the server has read it

const settle = (photo, placement) => change({ photo, square: { photo, placement, whole: wholeId } });

/** A photo comes in: its faces are looked for. What a browser cannot show goes to the server as it is. */
export async function usePhoto(file) {
  const source = await asUri(file);
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    const { mode, photo, square } = state;
    unread = { source, former: { mode, photo, square } };
    return change({ mode: "photo", photo: source, square: null });
  }
  unread = null;
  change({ mode: "photo", photo: null, square: null });
  crop.open(picture);
  wholeId = whole.locate(source, picture, (placement) => crop.place(placement));
}

// The server has read what the browser cannot show; or it cannot either, and the former photo is there again.
function settleUnread({ error, request, last }) {
  if (!unread || !last || request.content.photo !== unread.source) return;
  if (error) {
    Object.assign(state, unread.former);
    emit("styles:changed", {});
  } else {
    whole.forget();
    crop.open(null);
  }
  unread = null;
}

const send = (content) => requests.request("photo", content);
const say = (words) => emit("styles:say", words);

function wholeContent() {
  const { recipe, method, faithfulness, square } = state;
  return { recipe, active: activeNow(), method, faithfulness, placement: square.placement };
}

function faithfulness() {
  const faith = plainSlider("Faithfulness", { min: 0, max: 1, step: 0.05 }, { id: "styles-faithfulness" });
  const number = el("output", { class: "number" });
  faith.addEventListener("input", () => change({ faithfulness: Number(faith.value) }, { live: true }));
  faith.addEventListener("change", () => change({}));
  whenRefreshed(() => {
    setSlider(faith, state.faithfulness);
    number.textContent = percent(state.faithfulness);
  });
  return setting(term("faithfulness", "Faithfulness"), [faith, number]);
}

/** The parts of the section; `paste` takes the picture in the clipboard. */
export function photoParts(paste) {
  const input = fileInput("styles-photo-file", "image/*,.heic", ([file]) => usePhoto(file));
  const method = select("Inversion", [["ddpm", "Edit-friendly noise"], ["ddim", "DDIM inversion"]]);
  method.addEventListener("change", () => change({ method: method.value }));
  whenRefreshed(() => (method.value = state.method));
  const buttons = [
    button([icon("upload"), "Upload"], () => input.click()),
    button([icon("paste"), "Paste"], paste),
  ];
  crop = new Crop(settle);
  whole = new WholePhoto({ send, say, content: wholeContent, changed: "with the styled face" });
  return [
    el("h2", {}, "Photo"),
    input,
    el("div", { class: "button-row style-buttons" }, buttons),
    whole.panel,
    crop.node,
    setting(term("inversion", "Inversion"), method, { tag: "label" }),
    faithfulness(),
  ];
}

on("styles:response", (message) => whole?.receive(message));
on("styles:response", settleUnread);
// There is something to put back once the square that the crop shows has been styled.
on(
  "styles:shown",
  (entry) => whole?.offer(entry.kind === "photo" && entry.photo === state.square?.photo && state.square.whole),
);
// A picture of another tab is the square already.
on("styles:square", () => {
  whole.forget();
  crop.close();
});
