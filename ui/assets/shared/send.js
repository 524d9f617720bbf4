// A picture goes from tab to tab. A tab says what it does with one, and every other tab then offers to send it there.
import { after } from "./components.js";
import { el } from "./dom.js";
import { asUri } from "./files.js";
import { icon } from "./icons.js";
import { openTab } from "./tabs.js";

const ORDER = ["faces", "reconstruction", "map", "styles"]; // of the buttons
const tabs = {}; // key -> {title, words, icon, needs, take}

// `title` is the tab's own, `words` what the button says, `take(picture)` runs once the components in `needs` are there.
// A picture is {uri, name}, with its recipe where one draws it again.
function takes(key, tab) {
  tabs[key] = tab;
}

// A picture as above or a Blob.
async function send(key, picture) {
  const { title, needs, take } = tabs[key];
  const sent = picture instanceof Blob ? { uri: await asUri(picture), name: picture.name || "picture" } : picture;
  if (!sent?.uri && !sent?.recipe) return;
  openTab(title);
  after(needs, () => take(sent));
}

// One button for each other tab, an icon or its title; `get` gives the picture when it is pressed.
const buttons = (from, get, { titles = false } = {}) =>
  ORDER.filter((key) => tabs[key] && key !== from).map((key) => [key, tabs[key]]).map(([key, tab]) =>
    el("button", {
      type: "button",
      class: titles ? "button small" : "icon-button",
      "data-send": key,
      title: tab.words,
      "aria-label": tab.words,
      onclick: async () => send(key, await get()),
    }, titles ? tab.title : icon(tab.icon))
  );

export { buttons as sendButtons, send as sendPicture, takes };
