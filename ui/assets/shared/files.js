// Files that come in and files that are saved.
import { el } from "./dom.js";

export const LARGEST = 20 * 2 ** 20; // bytes of a file that is sent
const KEEP = 10000; // milliseconds for which a browser may need an address to save from

/** @param {Blob} blob @returns {Promise<string>} its content as a data URI */
export const asUri = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

/** Saves what the server has at `address`; of any size, since it does not pass through the page. */
export const saveFrom = (address, name) => el("a", { href: address, download: name }).click();

export function saveBlob(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEEP);
}

// Saves a data URI as a blob: a browser does not save a long one.
export const saveAs = async (uri, name) => saveBlob(await (await fetch(uri)).blob(), name);

const isPng = (head) => head.slice(1, 4) === "PNG";

/** The beginning of a file, one letter a byte; empty for what cannot be read, such as a folder. */
export async function headOf(blob) {
  const bytes = await blob.slice(0, 65536).arrayBuffer().catch(() => new ArrayBuffer(0));
  return new TextDecoder("latin1").decode(bytes);
}

/** Whether a PNG carries a recipe under `key` (core/recipe.py), by its head. */
export const carriesRecipe = (head, key) => isPng(head) && head.includes(`Xt${key}\0`);

/** Whether a PNG's recipe edits a photo, by its head: nothing draws the picture again without the photo. */
export const carriesEdit = (head) => isPng(head) && head.includes('"edit":{');

/** Whether a PNG's recipe draws from a prompt, by its head. */
export const carriesPrompt = (head) => isPng(head) && /"model":"(text|stable-diffusion)"/.test(head);
