// The first view fills its components at once. The modules of another tab come when its first component mounts, or when
// somebody points at the tab.
import "./shared/theme.js";
import "./shared/tooltip.js";
import "./shared/touch.js";
import "./faces/main.js";
import "./shared/address.js";
import { start, supplyLater } from "./shared/components.js";
import { fetchTab } from "./shared/later.js";

// The beginning of a component's name, and the tab's id -> its folder.
const FOLDERS = {
  prompts: "prompts",
  styles: "styles",
  reconstruction: "reconstruction",
  benchmark: "reconstruction",
  classify: "classify",
  latent: "latent_map",
  compare: "compare",
  models: "models",
};

const load = (folder) => import(`./${folder}/main.js`);
const fetchFor = (name) => {
  const folder = FOLDERS[name.split("-")[0]];
  return folder ? fetchTab(folder, load) : null;
};

// Ahead of the click by a few hundred milliseconds. What fails here is tried again when the tab is opened, and then reported.
const ahead = ({ target }) => {
  const tab = target instanceof Element && target.closest("#tabs > .tab-wrapper [data-tab-id]");
  if (tab instanceof HTMLElement) fetchFor(tab.dataset.tabId)?.catch(() => {});
};
addEventListener("pointerover", ahead);
addEventListener("focusin", ahead);

supplyLater(fetchFor);
start();
