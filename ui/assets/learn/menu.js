// The list of lessons, with how far somebody has come.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { fetchTab } from "../shared/later.js";
import { makeDialog } from "./dialog.js";
import { openGlossary } from "./glossary.js";
import { loadLesson, loadList } from "./lessons.js";
import { progress } from "./progress.js";

const dialog = makeDialog("lessons", "Lessons");

const stateOf = (name, { at, done }, cards) =>
  at[name] ? `Card ${at[name] + 1} of ${cards}` : done.includes(name) ? "Finished" : `${cards} cards`;

/** @param {(name: string) => void} open opens a lesson */
export async function openMenu(open) {
  const list = await loadList();
  const lessons = await Promise.all(list.map(({ name }) => loadLesson(name)));
  const now = progress();
  const entries = list.map(({ name, title, about }, place) => {
    const start = () => {
      dialog.close();
      open(name);
    };
    const words = [
      el("strong", {}, `${place + 1}. ${title}`),
      el("span", {}, about),
      el("small", { class: "number" }, stateOf(name, now, lessons[place].cards.length)),
    ];
    return button(words, start, { class: "button lesson-entry", "data-lesson": name });
  });
  const toSmallWorld = async () => {
    dialog.close();
    (await fetchTab("small_world", (folder) => import(`../${folder}/main.js`))).openSmallWorld();
  };
  const toTerms = () => {
    dialog.close();
    openGlossary();
  };
  dialog.open(
    el("p", {}, "Each sets the real controls beside it. You say what you expect, then see what happens."),
    el("div", { class: "lesson-list" }, entries),
    el(
      "div",
      { class: "help-ways" },
      button("Small world: draw a distribution, watch it being learned", toSmallWorld, { id: "small-world-open" }),
      button("All terms", toTerms),
    ),
  );
}
