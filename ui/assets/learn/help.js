// The keys of the tab that is open, and the ways to the terms.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { selectedTab } from "../shared/tabs.js";
import { makeDialog } from "./dialog.js";
import { openGlossary } from "./glossary.js";

const dialog = makeDialog("help", "Help");

const keyTable = (keys) =>
  el(
    "dl",
    { class: "help-keys" },
    keys.flatMap(([names, what]) => [
      el("dt", {}, names.split(" ").map((name) => el("kbd", {}, name))),
      el("dd", {}, what),
    ]),
  );

/** Opens the help of the tab that is open. */
export async function openHelp() {
  const help = await (await fetch(new URL("./help.json", import.meta.url))).json();
  const title = selectedTab() || "Faces";
  const { text, keys } = help.tabs[title];
  const toTerms = () => {
    dialog.close();
    openGlossary();
  };
  dialog.open(
    el("h3", {}, title),
    el("p", {}, text),
    keyTable(keys),
    el("h3", {}, "On every tab"),
    el("p", {}, "Words with a dotted line are explained when you point at them, reach them by Tab or tap them."),
    keyTable(help.keys),
    el("p", { class: "hint" }, `Latentscape ${help.version}. Code under the MIT licence, weights for research only.`),
    el("div", { class: "help-ways" }, button("All terms", toTerms, { id: "help-terms" })),
  );
}
