// Links and pictures that were drawn from a prompt open this tab, wherever they arrive.
//
// It comes with the first view, and brings little: the tab's other modules come when it opens.
import { emit } from "../shared/events.js";
import { asUri, carriesPrompt, headOf } from "../shared/files.js";
import { openTab } from "../shared/tabs.js";
import { state } from "./state.js";

const MODELS = ["text", "stable-diffusion"];

function enter(content) {
  state.entrance = content;
  openTab("Text prompts");
  if (state.opened) emit("prompts:enter");
}

/** Opens the tab with a recipe, {link} or {png}. */
export const openPrompt = ({ link, png }) => enter(link ? { link } : { png });

/** Whether a link's recipe is one of this tab's; then the tab opens with it. */
export function openPromptLink(link) {
  try {
    const letters = atob(link.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    if (!MODELS.includes(JSON.parse(new TextDecoder().decode(bytes)).model)) return false;
  } catch {
    return false; // the server says what is wrong with it
  }
  enter({ link });
  return true;
}

// Whether a file is a picture that was drawn from a prompt; then it is drawn again.
export async function restorePrompt(file) {
  if (!carriesPrompt(await headOf(file))) return false;
  enter({ png: await asUri(file) });
  return true;
}
