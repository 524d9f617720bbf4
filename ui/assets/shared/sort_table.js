// Tables whose rows are sorted by a click on a heading, and that can be kept (ui/components/sortable_table.py).
import { saveBlob } from "./files.js";

function number(row, column) {
  const text = row.cells[column].dataset.value;
  return text === "" ? null : Number(text);
}

// Rows without a figure stay at the end, whichever way it goes.
function sort(table, column, descending) {
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [x, y] = [number(a, column), number(b, column)];
    if (x === null || y === null) return (x === null) - (y === null);
    return descending ? y - x : x - y;
  });
  table.tBodies[0].append(...rows);
  [...table.tHead.rows[0].cells].slice(1).forEach((cell, index) => {
    cell.setAttribute("aria-sort", index + 1 !== column ? "none" : descending ? "descending" : "ascending");
  });
}

/** Sorts the table whose heading was clicked, the best at the top; a second click turns the order. */
export function sortByClick({ target }) {
  const cell = target.closest("button") && target.closest("thead th");
  if (!cell) return;
  const first = cell.dataset.low ? "ascending" : "descending";
  const descending = (cell.getAttribute("aria-sort") === first) !== (first === "descending");
  sort(cell.closest("table"), cell.cellIndex, descending);
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The figures of a table in full, in the order in which they are seen. @param {HTMLTableElement} table */
export function tableCsv(table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows].map(({ cells: [first, ...rest] }) => {
    const words = [...first.childNodes].map((node) => node.textContent.trim()).filter(Boolean).join(", ");
    return [words, ...rest.map((cell) => cell.dataset.value)];
  });
  return `${[names, ...rows].map((row) => row.map(quoted).join(",")).join("\n")}\n`;
}

addEventListener("click", ({ target }) => {
  const button = target instanceof Element && /** @type {HTMLElement | null} */ (target.closest("[data-table]"));
  if (!button) return;
  const name = button.dataset.table.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const table = button.parentElement.nextElementSibling.querySelector("table");
  saveBlob(new Blob([tableCsv(table)], { type: "text/csv" }), `latentscape-${name}.csv`);
});
