// Asks how many requests of others are ahead, as long as the server has not begun with one of this page.
const PATIENCE = 1200; // milliseconds; most requests are begun before
const AGAIN = 2000;
const waiting = new Set(); // names of queues
let timer = 0;
let place = null;

/**
 * Says how the server is asked, and how the page shows what it says.
 * @param {{ask: () => void, show: (words: string) => void}} how `show` gets "" when nothing waits any more
 */
export const placeBy = (how) => (place = how);

function tick() {
  place.ask();
  timer = setTimeout(tick, AGAIN);
}

/** A queue has sent a request. */
export function waits(name) {
  if (!place) return;
  waiting.add(name);
  clearTimeout(timer);
  timer = setTimeout(tick, PATIENCE);
}

/** The server has said something about the request of a queue. */
export function begun(name) {
  waiting.delete(name);
  if (waiting.size) return;
  clearTimeout(timer);
  place?.show("");
}

/** @param {number | null | undefined} ahead what the server says */
export function placeIs(ahead) {
  const words = ahead === 1 ? "1 request is ahead of yours" : `${ahead} requests are ahead of yours`;
  place?.show(waiting.size && ahead > 0 ? words : "");
}
