// All terms on one page, with a field to look for one.
import { el } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { makeDialog } from "./dialog.js";
import { formulaLine, loadTerms, sourceLine } from "./terms.js";

const dialog = makeDialog("glossary", "Terms");

/** Whether an entry has every word of what is looked for, in its names first of all. */
export function fits({ title, text, also = [] }, sought) {
  const names = [title, ...also, text].join(" ").toLowerCase();
  return sought.toLowerCase().split(/\s+/).every((word) => names.includes(word));
}

const entryNode = ([id, entry]) =>
  el(
    "article",
    { class: "glossary-entry", "data-entry": id },
    el("h3", {}, entry.title),
    el("p", {}, entry.text),
    formulaLine(entry),
    sourceLine(entry),
  );

/** @param {string} [id] of a term to begin at */
export async function openGlossary(id = "") {
  const terms = Object.entries(await loadTerms());
  const nodes = new Map(terms.map((one) => [one[0], entryNode(one)]));
  const none = el("p", { class: "hint", role: "status" });
  const field = el("input", {
    type: "search",
    class: "field",
    "aria-label": "Search the terms",
    placeholder: "Search",
  });
  field.addEventListener("input", () => {
    const found = terms.filter(([key, entry]) => {
      nodes.get(key).hidden = !fits(entry, field.value.trim());
      return !nodes.get(key).hidden;
    });
    none.textContent = found.length ? "" : "There is no such term here.";
  });
  const list = el("div", { class: "glossary-entries" }, ...nodes.values());
  dialog.open(el("div", { class: "search glossary-search" }, icon("search"), field), none, list);
  field.focus();
  if (id) nodes.get(id)?.scrollIntoView({ block: "center" });
  nodes.get(id)?.classList.add("sought");
}
