// How large pictures can be on a canvas.
const GAP = 8; // CSS pixels between pictures

/** The number of columns that gives `n` squares the largest side in a room of width x height: {side, columns}. */
export function arrange(n, width, height, largest) {
  let best = { side: 0, columns: 1 };
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns);
    const across = (width - GAP * (columns - 1)) / columns;
    const side = Math.floor(Math.min(across, (height - GAP * (rows - 1)) / rows, largest));
    if (side > best.side) best = { side, columns };
  }
  return best;
}

/** The inside of an element without its padding: [width, height], at least 64 pixels each. */
export function roomOf(element) {
  const style = getComputedStyle(element);
  const inner = (length, ...sides) =>
    length - sides.reduce((sum, side) => sum + parseFloat(style[`padding${side}`]), 0);
  const [width, height] = [inner(element.clientWidth, "Left", "Right"), inner(element.clientHeight, "Top", "Bottom")];
  return [Math.max(64, width), Math.max(64, height)];
}
