// Links that go to the clipboard, pictures that come from it.

/** Copies a text and says `copied`, or `closed` where the browser keeps its clipboard closed. */
export async function copyText(text, say, { copied, closed }) {
  try {
    await navigator.clipboard.writeText(text);
    say({ text: copied, brief: true });
  } catch {
    say({ text: closed, brief: true });
  }
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
    say({ text: "Press Ctrl+V (on a Mac, Cmd+V) to paste a picture.", brief: true });
  }
  return null;
}
