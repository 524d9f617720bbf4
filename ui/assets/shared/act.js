// A tab does what it is told, by the paths that a visitor's hand takes: so lessons set the real controls.
//
// Each tab that can be told registers one function (TAB/act.js) whose typedef says what it understands. What is not named
// keeps its value. A tab that says what is set in it has this in its address, too.
import { after } from "./components.js";
import { emit, on } from "./events.js";
import { hasTab, openTab } from "./tabs.js";

// `needs` are the components that must be there before the tab can be told anything.
const TABS = {
  faces: { title: "Faces", needs: ["faces-controls", "faces-canvas", "faces-history"] },
  prompts: { title: "Text prompts", needs: ["prompts-controls", "prompts-canvas", "prompts-history"] },
  styles: { title: "Styles", needs: ["styles-controls", "styles-canvas", "styles-history", "styles-jobs"] },
  reconstruction: { title: "Reconstruction", needs: ["reconstruction-controls", "reconstruction-canvas"] },
  classify: { title: "Classify", needs: ["classify-controls", "classify-canvas"] },
  map: { title: "Latent map", needs: ["latent-map-controls", "latent-map-canvas"] },
  models: { title: "Models", needs: ["models-list", "models-bias"] },
  compare: { title: "Compare", needs: ["compare-controls", "compare-canvas"] },
};
const actors = {};

/**
 * @param {keyof TABS} tab
 * @param {(settings: any) => void} act gets the settings of an action without its tab
 * @param {{read: () => Record<string, any> | null, changes: string[]}} [said] what is set, in the words of `act`, null as
 *   long as nothing is; and the events after which it may be something else
 */
export function acts(tab, act, said = { read: () => null, changes: [] }) {
  actors[tab] = { act, read: said.read };
  for (const name of said.changes) on(name, () => emit("act:changed"));
}

const tabTitled = (title) => Object.keys(TABS).find((tab) => TABS[tab].title === title);
const waiting = {}; // title of a tab -> what its address said, until the tab says something itself

/** What is set in the tab with this title. @param {string} title */
export function settingsNow(title) {
  const now = actors[tabTitled(title)]?.read();
  if (now) delete waiting[title];
  return now || waiting[title] || {};
}

/** Sets what an address said of a tab, once it is there. @param {string} title @param {Record<string, any>} settings */
export function restore(title, settings) {
  const tab = tabTitled(title);
  if (!tab || !Object.keys(settings).length) return;
  waiting[title] = settings;
  after(TABS[tab].needs, () => actors[tab].act(settings));
}

/** Whether the tab of an action is there; those without weights are hidden. */
export const canPerform = ({ tab }) => hasTab(TABS[tab].title);

/** Opens the tab and tells it what to do. @param {{tab: keyof TABS, [setting: string]: any}} action */
export function perform({ tab, ...settings }) {
  const { title, needs } = TABS[tab];
  openTab(title);
  after(needs, () => actors[tab].act(settings));
}
