// The attributes of a comparison as chips: each unspecified, present or absent.
import { group, groupHead, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { whenRefreshed } from "./refresh.js";
import { change, setAttribute } from "./requests.js";
import { state } from "./state.js";

const ORDER = [0, 1, -1]; // of clicks
const WORDS = { 0: "unspecified", 1: "present", "-1": "absent" };
const PRESSED = { 0: "false", 1: "true", "-1": "mixed" };

function chip(name) {
  const label = state.words.labels[name];
  const now = () => Math.sign(state.attributes[name] || 0);
  const next = () => setAttribute(name, ORDER[(ORDER.indexOf(now()) + 1) % ORDER.length]);
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  const words = { type: "button", class: "chip", "data-attribute": name, onclick: next };
  const node = el("button", words, mark, el("span", {}, label));
  whenRefreshed(() => {
    node.dataset.state = WORDS[now()];
    node.setAttribute("aria-pressed", PRESSED[now()]);
    node.setAttribute("aria-label", `${label}: ${WORDS[now()]}`);
  });
  return node;
}

export function attributesGroup() {
  const { main, groups } = state.words;
  const clear = textButton("Clear all", () => change({ attributes: {} }), { id: "compare-clear" });
  whenRefreshed(() => (clear.hidden = !Object.keys(state.attributes).length));
  const sections = Object.entries({ "": main, ...groups }).map(([title, names]) =>
    el(
      "div",
      { class: "chip-group", role: "group", "aria-label": title || "Main attributes" },
      title && el("h3", {}, title),
      el("div", { class: "chips" }, names.map(chip)),
    )
  );
  return group("", groupHead("Attributes", clear), sections);
}
