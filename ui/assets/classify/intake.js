// Pictures that come in: chosen, photographed, pasted, dropped, or sent by another tab. Of a photo a square is classified:
// one of its faces, or the crop that a hand makes.
import { openCamera } from "../shared/camera.js";
import { pastedPicture } from "../shared/clipboard.js";
import { Crop } from "../shared/crop.js";
import { emit, on } from "../shared/events.js";
import { asUri, LARGEST } from "../shared/files.js";
import { takeFiles } from "../shared/intake.js";
import { takes } from "../shared/send.js";
import { WholePhoto } from "../shared/whole_photo.js";
import { chooseMode, classify, request, setVariations } from "./requests.js";
import { state, vary, visible } from "./state.js";

let name = ""; // of the photo that the crop shows
let closeCamera = () => {};

const say = (words) => emit("classify:say", words);

// In the mode Variations a picture may be the second one.
function place(photo) {
  if (state.mode === "variations" && vary.slot === "second") setVariations({ other: photo });
  else classify(photo);
}

const crop = new Crop((source) => place({ source, name }));
const whole = new WholePhoto({
  send: (content) => request("locate", content),
  say,
  content: () => ({}),
  changed: "",
});

function toPicture() {
  if (state.mode === "figures") chooseMode("picture");
}

/** The first of the files; what is none is said, and nothing else changes. */
export async function receive([file]) {
  if (!file) return;
  const called = file.name || "This file";
  if (file.size > LARGEST) return say({ text: `${called} is larger than 20 MB. Choose a smaller one.`, error: true });
  if (file.type && !file.type.startsWith("image/")) return say({ text: `${called} is not a picture.`, error: true });
  try {
    await takePhoto(file, called);
  } catch {
    say({ text: `${called} could not be opened. Choose a picture.`, error: true });
  }
}

// What this browser cannot show the server reads, as the first picture.
function toFirst() {
  if (vary.slot === "second") setVariations({ slot: "first" });
}

// A photo that this browser cannot show goes to the server as it is.
async function takePhoto(file, called) {
  const source = await asUri(file);
  toPicture();
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    toFirst();
    return classify({ source, name: called, align: true });
  }
  name = called;
  crop.open(picture);
  whole.locate(source, picture, (placement) => crop.place(placement));
}

/** A picture that the page has already is the square itself. */
export function usePicture(source, called) {
  toPicture();
  whole.forget();
  crop.close();
  place({ source, name: called });
}

export async function paste() {
  const picture = await pastedPicture(say);
  if (picture) receive([picture]);
}

export async function camera(panel) {
  if (panel.querySelector(".camera")) return;
  closeCamera = await openCamera(panel, { say, take: (photo) => receive([photo]) });
}

export const cropParts = [whole.panel, crop.node];

on("classify:response", (message) => message.request.slot === "locate" && whole.receive(message));
on("classify:changed", () => state.mode === "figures" && closeCamera()); // nobody is filmed behind another view
// A photo that was read as it came is not the one that the crop shows.
on("classify:response", ({ classified, request: sent }) => {
  if (!classified || !sent.photo?.align) return;
  whole.forget();
  crop.close();
});
takeFiles({ visible, words: () => "Drop a picture to classify it", take: receive });
takes("classify", ({ uri, name: called }) => {
  if (state.mode !== "picture") chooseMode("picture");
  usePicture(uri, called);
});
