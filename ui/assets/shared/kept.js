// What somebody has set, kept for when the page is loaded again: Gradio does so once a lost connection is back or the
// server was started again, a phone when it needed the memory.
const KEY = "latentscape-settings";
const readers = {}; // tab -> what gives that which is kept of it

function load() {
  const [how] = performance.getEntriesByType("navigation");
  const again = /** @type {PerformanceNavigationTiming} */ (how)?.type === "reload";
  try {
    return (again || document["wasDiscarded"]) && JSON.parse(sessionStorage.getItem(KEY)) || {};
  } catch {
    return {}; // nothing is stored, or the browser stores nothing
  }
}

const before = load(); // of tabs that have not been opened since, too

function save() {
  const now = Object.entries(readers).map(([tab, read]) => [tab, read()]);
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...before, ...Object.fromEntries(now) }));
  } catch {
    // a browser without storage, or without room, begins anew
  }
}

addEventListener("pagehide", save);
addEventListener("visibilitychange", () => document.hidden && save());

/**
 * Keeps of a tab what `read` gives, as JSON, in this browser tab alone.
 * @returns {any} what was kept when the page was loaded again; null if it was opened anew, or nothing was kept
 */
export function keep(tab, read) {
  const kept = before[tab] ?? null;
  delete before[tab];
  readers[tab] = read;
  return kept;
}
