// Links that go to the clipboard, pictures that come from it.
import { el } from "./dom.js";

// Browsers give their clipboard to pages by https and from the machine itself. By plain http and in a frame without
// permissions the older command still copies what is selected.
function copyByCommand(text) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const field =
    /** @type {HTMLTextAreaElement} */ (el("textarea", { readonly: true, style: "position: fixed; left: -100vw" }));
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus?.();
  return done;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

/** Copies a text and says `copied`; where the browser keeps its clipboard closed, the text is shown to be copied. */
export async function copyText(text, say, copied, what = "link") {
  if (await copy(text)) say({ text: copied, brief: true });
  else say({ text: `The browser keeps its clipboard closed. Copy the ${what} from here:`, error: true, link: text });
}

/** @returns {Promise<File | null>} the picture in the clipboard; null when there is none, which is said */
export async function pastedPicture(say) {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith("image/"));
      if (type) return new File([await item.getType(type)], "pasted.png", { type });
    }
    say({ text: "There is no picture in the clipboard.", error: true });
  } catch {
    say({ text: "Press Ctrl+V (on a Mac, Cmd+V) to paste a picture, or upload its file.", brief: true });
  }
  return null;
}
