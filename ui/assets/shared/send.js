// A picture goes from tab to tab. A tab says what it does with one, and every other tab then offers to send it there.
import { after } from "./components.js";
import { el } from "./dom.js";
import { asUri } from "./files.js";
import { icon } from "./icons.js";
import { openTab } from "./tabs.js";

// In the order of the buttons, which are there before the tab has been opened. `words` is what the button says, `needs`
// the components that must be there before the tab takes a picture.
const TABS = {
  faces: {
    title: "Faces",
    words: "Edit in Faces",
    icon: "face",
    needs: ["faces-controls", "faces-canvas"],
  },
  reconstruction: {
    title: "Reconstruction",
    words: "Send to Reconstruction",
    icon: "compare",
    needs: ["reconstruction-controls", "reconstruction-canvas"],
  },
  classify: {
    title: "Classify",
    words: "Classify",
    icon: "eye",
    needs: ["classify-controls", "classify-canvas"],
  },
  map: {
    title: "Latent map",
    words: "Show on the map",
    icon: "map",
    needs: ["latent-map-controls", "latent-map-canvas"],
  },
  styles: {
    title: "Styles",
    words: "Apply styles",
    icon: "brush",
    needs: ["styles-controls", "styles-canvas", "styles-history"],
  },
  compare: {
    title: "Compare",
    words: "Compare generators",
    icon: "generators",
    needs: ["compare-controls", "compare-canvas"],
  },
};
const takers = {}; // key -> what the tab does with a picture

// `take` gets {uri, name}, with its recipe where one draws the picture again.
const takes = (key, take) => (takers[key] = take);

// A picture as above or a Blob. The tab's own modules come when it opens.
async function send(key, picture) {
  const { title, needs } = TABS[key];
  const sent = picture instanceof Blob ? { uri: await asUri(picture), name: picture.name || "picture" } : picture;
  if (!sent?.uri && !sent?.recipe) return;
  openTab(title);
  after(needs, () => takers[key](sent));
}

// One button for each other tab, an icon or its title; `get` gives the picture when it is pressed.
const buttons = (from, get, { titles = false } = {}) =>
  Object.entries(TABS).filter(([key]) => key !== from).map(([key, tab]) =>
    el("button", {
      type: "button",
      class: titles ? "button small" : "icon-button",
      "data-send": key,
      "data-tip": titles ? null : tab.words,
      "aria-label": titles ? null : tab.words,
      onclick: async () => send(key, await get()),
    }, titles ? tab.title : icon(tab.icon))
  );

export { buttons as sendButtons, send as sendPicture, takes };
