// A code as bars.
import { el } from "../shared/dom.js";

const REACH = 3; // deviations that a bar of the code shows at least
const CODE = { width: 320, height: 96, middle: 48, bar: 44 };

function svg(width, height, content, words) {
  const holder = el("span", { class: "reconstruction-drawing", role: "img", "aria-label": words });
  holder.innerHTML = `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${content}</svg>`;
  return holder;
}

function bar(x, y, width, height, mark = "") {
  const [left, top, across, down] = [x, y, width, height].map((length) => length.toFixed(2));
  return `<rect class="${mark}" x="${left}" y="${top}" width="${across}" height="${down}"/>`;
}

/** `markOf(i)` is "current", "silent", "swapped" or "". */
export function codeBars(values, markOf) {
  const { width, height, middle } = CODE;
  const step = width / values.length;
  const top = Math.max(REACH, ...values.map(Math.abs));
  const bars = values.map((value, i) => {
    const tall = (CODE.bar * Math.abs(value)) / top;
    return bar(i * step, value > 0 ? middle - tall : middle, step * 0.8, Math.max(0.6, tall), markOf(i));
  });
  const axis = `<line x1="0" x2="${width}" y1="${middle}" y2="${middle}"/>`;
  return svg(width, height, axis + bars.join(""), `The code, ${values.length} numbers`);
}
