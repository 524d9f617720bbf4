// Links and pictures that were drawn from a prompt open this tab, wherever they arrive.
import { draw as drawFace } from "../faces/requests.js";
import { on } from "../shared/events.js";
import { asUri, carriesPrompt, headOf } from "../shared/files.js";
import { openTab } from "../shared/tabs.js";
import { requestDrawing } from "./requests.js";
import { state } from "./state.js";

const MODELS = ["text", "stable-diffusion"];

function enter(content) {
  openTab("Text prompts");
  if (state.opened) requestDrawing({ kind: "draw", ...content });
  else state.entrance = content;
}

// Whether a link's recipe is one of this tab's; then the tab opens with it.
export function openPromptLink(link) {
  try {
    const letters = atob(link.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    if (!MODELS.includes(JSON.parse(new TextDecoder().decode(bytes)).model)) return false;
  } catch {
    return false; // the server says what is wrong with it
  }
  drawFace();
  enter({ link });
  return true;
}

// Whether a file is a picture that was drawn from a prompt; then it is drawn again.
export async function restorePrompt(file) {
  if (!carriesPrompt(await headOf(file))) return false;
  enter({ png: await asUri(file) });
  return true;
}

on("prompts:enter", () => requestDrawing({ kind: "draw", ...state.entrance }));
