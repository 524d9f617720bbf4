// What is seen as a few lines of Python (ui/python_code.py), copied.
import { copyText } from "./clipboard.js";
import { register } from "./components.js";
import { iconButton } from "./controls.js";

/**
 * What the code makes again; `kind` says which of the keys count.
 * @typedef {object} Seen
 * @property {"drawing" | "reconstruction" | "map"} kind
 * @property {object} [recipe] of a drawing, or `link`
 * @property {string} [link]
 * @property {string} [model] key of an autoencoder
 * @property {string} [name] of a picture's file
 * @property {string} [atlas]
 * @property {string} [space]
 * @property {string} [projection]
 * @property {object[]} [stops] what is picked on a map, or the stops of a path
 */

const COPIED = "Python copied. Run it in the folder of the app.";
let server = null;
register("python-code", (handle) => (server = handle.server));

/** @param {Seen} seen @param {(words: object) => void} say */
export async function copyPython(seen, say) {
  const { code, error } = await server.code(seen);
  if (error) return say({ text: error, error: true });
  await copyText(code, say, COPIED, "code");
}

/** @param {() => Seen} seen @param {(words: object) => void} say @param {object} attributes */
export const pythonButton = (seen, say, attributes) =>
  iconButton("code", "Copy as Python: the lines that make this again", () => copyPython(seen(), say), attributes);
