// What the Models tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { emit, on } from "../shared/events.js";

/**
 * @typedef {object} ModelsAction
 * @property {string} [open] name of a checkpoint, or "bias" or "machine"
 */

let opened = "";
on("models:opened", (name) => (opened = name));

acts("models", (/** @type {ModelsAction} */ { open }) => {
  if (open) emit("models:open", open);
}, { read: () => (opened ? { open: opened } : null), changes: ["models:opened"] });
