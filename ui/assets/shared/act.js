// A tab does what it is told, by the paths that a visitor's hand takes: so lessons set the real controls.
//
// Each tab that can be told registers one function (TAB/act.js) whose typedef says what it understands. What is not named
// keeps its value.
import { after } from "./components.js";
import { hasTab, openTab } from "./tabs.js";

// `needs` are the components that must be there before the tab can be told anything.
const TABS = {
  faces: { title: "Faces", needs: ["faces-controls", "faces-canvas", "faces-history"] },
  prompts: { title: "Text prompts", needs: ["prompts-controls", "prompts-canvas", "prompts-history"] },
  styles: { title: "Styles", needs: ["styles-controls", "styles-canvas", "styles-history", "styles-jobs"] },
  reconstruction: { title: "Reconstruction", needs: ["reconstruction-controls", "reconstruction-canvas"] },
  map: { title: "Latent map", needs: ["latent-map-controls", "latent-map-canvas"] },
};
const actors = {};

/** `act` gets the settings of an action without its tab. @param {keyof TABS} tab @param {(settings: any) => void} act */
export const acts = (tab, act) => (actors[tab] = act);

/** Whether the tab of an action is there; those without weights are hidden. */
export const canPerform = ({ tab }) => hasTab(TABS[tab].title);

/** Opens the tab and tells it what to do. @param {{tab: keyof TABS, [setting: string]: any}} action */
export function perform({ tab, ...settings }) {
  const { title, needs } = TABS[tab];
  openTab(title);
  after(needs, () => actors[tab](settings));
}
