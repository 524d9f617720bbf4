// The tab bar of the page, which is Gradio's: tabs without room wait in its overflow menu.
const TABS = "#tabs > .tab-wrapper :is([role=tab], .overflow-dropdown button)";

const all = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(TABS)]);
const titleOf = (tab) => tab.textContent.trim();
const tabOf = (title) => all().find((tab) => titleOf(tab) === title);

/** Whether there is such a tab; those without weights are hidden. */
export const hasTab = (title) => Boolean(tabOf(title));
export const openTab = (title) => tabOf(title)?.click();

export const tabTitles = () => [...new Set(all().map(titleOf))];

/** The title of the open tab; empty before there is one. */
export function selectedTab() {
  const open = all().find((tab) => tab.getAttribute("aria-selected") === "true");
  return open ? titleOf(open) : "";
}
