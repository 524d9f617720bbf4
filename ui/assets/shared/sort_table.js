// Tables whose rows are sorted by a click on a heading (ui/components/sortable_table.py).

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
