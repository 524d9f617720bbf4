// Figures of plotly as plain values: the page's colours put into them, and their numbers as a table.

/**
 * @typedef {{data: object[], layout: object}} Figure A figure as ui/components/chart_style.py sends it.
 */

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** A name as it was written: plotly's texts are escaped, those of the page are not. */
export const plain = (text) => String(text ?? "").replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/**
 * A copy with the values of the page's tokens: `var(--accent)` becomes what `valueOf("--accent")` says.
 * @param {any} value
 * @param {(token: string) => string} valueOf
 */
export function themed(value, valueOf) {
  if (typeof value === "string") return value.replace(/var\((--[\w-]+)\)/g, (_, token) => valueOf(token));
  if (Array.isArray(value)) {
    const plainNumbers = typeof value[0] === "number" && typeof value.at(-1) === "number";
    return plainNumbers ? value : value.map((item) => themed(item, valueOf));
  }
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item, valueOf)]));
  }
  return value;
}

// Text that a spreadsheet would take for a formula is marked as text.
function cell(value) {
  const text = plain(value ?? "");
  const safe = /^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// Named rows with a dot for each curve (`dot_chart` in ui/components/dot_chart.py).
const hasRows = ([first]) => first?.type === "scatter" && typeof first.y?.[0] === "string";

const titleOf = (axis, name) => plain(axis?.title?.text) || name;

/** Everything that a figure shows, one row for each point; a matrix keeps its shape. */
export function csv({ data, layout }) {
  const rows = [];
  const [first] = data;
  if (first?.type === "heatmap") {
    rows.push(["", ...first.x], ...first.z.map((row, index) => [first.y[index], ...row]));
  } else if (hasRows(data)) {
    rows.push(["name", ...data.map((trace) => trace.name)]);
    rows.push(...first.y.map((name, index) => [name, ...data.map((trace) => trace.x[index])]));
  } else if (first?.type === "bar") {
    const errors = first.error_x?.array;
    rows.push(["name", titleOf(layout.xaxis, "value"), ...(errors ? ["standard error"] : [])]);
    rows.push(...first.x.map((value, index) => [first.y[index], value, ...(errors ? [errors[index]] : [])]));
  } else {
    const named = data.some((trace) => trace.text);
    rows.push(["series", ...(named ? ["name"] : []), titleOf(layout.xaxis, "x"), titleOf(layout.yaxis, "value")]);
    for (const trace of data) {
      trace.x.forEach((x, index) =>
        rows.push([trace.name, ...(named ? [trace.text?.[index]] : []), x, trace.y[index]])
      );
    }
  }
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

const number = (value) =>
  typeof value === "number" ? value.toLocaleString("en", { maximumSignificantDigits: 4 }) : plain(value);

/** One point in words, for whoever does not see it. `at` is an index, of a matrix [row, column]. */
export function pointWords({ data }, curve, at) {
  const trace = data[curve];
  if (!trace) return "";
  if (trace.type === "heatmap") {
    const [row, column] = at;
    return `${plain(trace.y[row])}, ${plain(trace.x[column])}: ${number(trace.z[row][column])}`;
  }
  if (hasRows(data)) return `${plain(trace.y[at])}, ${plain(trace.name)}: ${number(trace.x[at])}`;
  if (trace.type === "bar") return `${plain(trace.y[at])}: ${number(trace.x[at])}`;
  const name = trace.text ? trace.text[at] : data.length > 1 ? trace.name : "";
  return `${name ? `${plain(name)}: ` : ""}${number(trace.x[at])}, ${number(trace.y[at])}`;
}

/** What a value is about: of a matrix row and column, of a bar its name, of a point its text or its name on an axis. */
export function pointNames({ data }, curve, at) {
  const trace = data[curve];
  if (trace?.type === "heatmap") return [plain(trace.y[at[0]]), plain(trace.x[at[1]])];
  const name = trace?.text?.[at] ?? [trace?.y[at], trace?.x[at]].find((value) => typeof value === "string");
  return name === undefined ? [] : [plain(name)];
}

/** The point that an arrow key leads to, from [curve, at]; curves that are hidden are passed over. */
export function step({ data }, [curve, at], key, hidden = () => false) {
  const across = { ArrowLeft: -1, ArrowRight: 1 }[key] || 0;
  const down = { ArrowUp: -1, ArrowDown: 1 }[key] || 0;
  const trace = data[curve];
  const within = (value, count) => Math.max(0, Math.min(count - 1, value));
  if (trace.type === "heatmap") {
    return [curve, [within(at[0] + down, trace.y.length), within(at[1] + across, trace.x.length)]];
  }
  if (hasRows(data)) {
    const shown = data.map((_, index) => index).filter((index) => !hidden(index));
    return [shown[within(shown.indexOf(curve) + across, shown.length)] ?? curve, within(at + down, trace.y.length)];
  }
  if (trace.type === "bar" || data.length === 1) return [curve, within(at + across + down, trace.x.length)];
  if (!down) return [curve, within(at + across, trace.x.length)];
  const shown = data.map((_, index) => index).filter((index) => !hidden(index));
  const next = shown[within(shown.indexOf(curve) + down, shown.length)] ?? curve;
  const nearest = data[next].x.reduce(
    (best, x, index, all) => Math.abs(x - trace.x[at]) < Math.abs(all[best] - trace.x[at]) ? index : best,
    0,
  );
  return [next, nearest];
}
