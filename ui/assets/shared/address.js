// The address names the tab that is open, so that a reload and a link lead back to it.
import { after } from "./components.js";
import { addressOf, tabOf } from "./tab_address.js";
import { openTab, selectedTab, tabTitles } from "./tabs.js";

function write() {
  const title = selectedTab();
  const address = title && addressOf(location.href, title);
  if (address && address !== location.href) history.replaceState(history.state, "", address);
}

// Once the first tab stands: what Gradio selects from then on is written into the address.
after(["faces-controls", "faces-canvas", "faces-history"], () => {
  const wanted = tabOf(location.hash, tabTitles());
  if (wanted) openTab(wanted);
  const tabs = document.querySelector("#tabs > .tab-wrapper");
  new MutationObserver(write).observe(tabs, {
    subtree: true,
    attributes: true,
    childList: true,
    attributeFilter: ["aria-selected"],
  });
});
addEventListener("hashchange", () => {
  const wanted = tabOf(location.hash, tabTitles());
  if (wanted && wanted !== selectedTab()) openTab(wanted);
});
