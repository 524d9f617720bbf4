// The address names the tab that is open and what is set there, so that a reload and a link lead back to it.
import { restore, settingsNow } from "./act.js";
import { after } from "./components.js";
import { on } from "./events.js";
import { addressOf, settingsOf, tabOf } from "./tab_address.js";
import { openTab, selectedTab, tabTitles } from "./tabs.js";

function write() {
  const title = selectedTab();
  const address = title && addressOf(location.href, title, settingsNow(title));
  if (address && address !== location.href) history.replaceState(history.state, "", address);
}

function open() {
  const wanted = tabOf(location.hash, tabTitles());
  if (!wanted) return;
  restore(wanted, settingsOf(location.hash));
  openTab(wanted);
}

// Once the first tab stands: what Gradio selects from then on is written into the address.
after(["faces-controls", "faces-canvas", "faces-history"], () => {
  open();
  const tabs = document.querySelector("#tabs > .tab-wrapper");
  new MutationObserver(write).observe(tabs, {
    subtree: true,
    attributes: true,
    childList: true,
    attributeFilter: ["aria-selected"],
  });
});
addEventListener("hashchange", open);
on("act:changed", write);
