// How far a visitor has come with the lessons, kept in this browser.
export const KEY = "latentscape-lessons"; // shared/learn.js reads it, too

/** @typedef {{declined: boolean, at: Record<string, number>, done: string[]}} Progress */

/** @returns {Progress} */
export function progress() {
  const none = { declined: false, at: {}, done: [] };
  try {
    return { ...none, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return none;
  }
}

/** @param {Partial<Progress>} patch */
export function keep(patch) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...progress(), ...patch }));
  } catch {
    // a browser without storage begins anew next time
  }
}
