// The cursor that keys move over a map: where a pointer would be, for those who have none.
const STEP = 8; // pixels of one arrow key
const EDGE = 24; // pixels from the border at which the map moves instead
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {[number, number]} cursor pixels
 * @param {string} key of the keyboard
 * @param {{width: number, height: number, right: number}} size of the map in pixels, `right` of them under the panel
 * @returns {{cursor: [number, number], pan: [number, number]} | null} how far the map moves, too; null for other keys
 */
export function stepped([x, y], key, { width, height, right }) {
  const way = WAYS[key];
  if (!way) return null;
  const within = (value, most) => Math.max(EDGE, Math.min(most - EDGE, value));
  const [wantedX, wantedY] = [x + STEP * way[0], y + STEP * way[1]];
  const cursor = [within(wantedX, width - right), within(wantedY, height)];
  return { cursor, pan: [cursor[0] - wantedX, cursor[1] - wantedY] };
}

/** The pixel of the nearest point in a direction, within a quarter turn of it; null where there is none. */
export function nextPoint([x, y], key, pixels, isPicked = () => true) {
  const [dx, dy] = WAYS[key];
  let [best, least] = [null, Infinity];
  for (let row = 0; row < pixels.length / 2; row++) {
    const [across, down] = [pixels[2 * row] - x, pixels[2 * row + 1] - y];
    const ahead = across * dx + down * dy;
    const aside = Math.abs(across * dy) + Math.abs(down * dx);
    const far = ahead + 2 * aside;
    if (ahead > 1 && aside <= ahead && far < least && isPicked(row)) {
      [best, least] = [[pixels[2 * row], pixels[2 * row + 1]], far];
    }
  }
  return best;
}
