// The tab bar of the page, which is Gradio's: tabs without room wait in its overflow menu.
const TABS = "#tabs > .tab-wrapper :is([role=tab], .overflow-dropdown button)";

export const openTab = (title) =>
  [...document.querySelectorAll(TABS)].find((tab) => tab.textContent.trim() === title)?.click();
