import { on } from "./events.js";

/**
 * Acts on what `find` finds: now, or after the first of the events that brings it about.
 * @template T
 * @param {string[]} events
 * @param {() => T | null | undefined | false} find
 * @param {(found: T) => void} act
 * @returns {() => void} stops waiting
 */
export function eventually(events, find, act) {
  const found = find();
  if (found) {
    act(found);
    return () => {};
  }
  const stop = () => stops.forEach((end) => end());
  const look = () => {
    const later = find();
    if (!later) return;
    stop();
    act(later);
  };
  const stops = events.map((name) => on(name, look));
  return stop;
}
