// The tab bar of the page, which is Gradio's: tabs without room wait in its overflow menu.
const TABS = "#tabs > .tab-wrapper :is([role=tab], .overflow-dropdown button)";

const tabOf = (title) => [...document.querySelectorAll(TABS)].find((tab) => tab.textContent.trim() === title);

/** Whether there is such a tab; those without weights are hidden. */
export const hasTab = (title) => Boolean(tabOf(title));
export const openTab = (title) => /** @type {HTMLElement | undefined} */ (tabOf(title))?.click();
