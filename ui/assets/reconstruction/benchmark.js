// The Benchmark page: which set and which model is shown, and the order of the tables.
import { showView } from "../shared/charts.js";
import { part } from "../shared/core.js";

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

part("bench", ({ root, props, trigger, watch }) => {
  const chosen = {};

  function choose(name, key, focus) {
    chosen[name] = key;
    for (const button of root.querySelectorAll(`button[data-${name}]`)) {
      const current = button.dataset[name] === key;
      button.setAttribute("aria-checked", String(current));
      button.tabIndex = current ? 0 : -1;
      if (current && focus && button.closest("[role=radiogroup]") === focus) button.focus();
    }
    for (const body of root.querySelectorAll(`[data-of-${name}]`)) {
      body.hidden = body.getAttribute(`data-of-${name}`) !== key;
    }
  }

  function draw() {
    showView(root, props.value);
    for (const name of ["set", "model"]) {
      const keys = [...root.querySelectorAll(`button[data-${name}]`)].map((button) => button.dataset[name]);
      if (keys.length) choose(name, keys.includes(chosen[name]) ? chosen[name] : keys[0]);
    }
  }

  root.addEventListener("click", (event) => {
    const radio = event.target.closest("[role=radio]");
    if (radio) {
      const name = radio.closest("[data-switch]").dataset.switch;
      choose(name, radio.dataset[name]);
      return;
    }
    const cell = event.target.closest("thead th");
    if (!cell || !event.target.closest("button")) return;
    const first = cell.dataset.low ? "ascending" : "descending"; // the best at the top
    const descending = (cell.getAttribute("aria-sort") === first) !== (first === "descending");
    sort(cell.closest("table"), cell.cellIndex, descending);
  });
  root.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const group = event.target.closest?.("[data-switch]");
    if (!step || !group) return;
    event.preventDefault();
    event.stopPropagation();
    const name = group.dataset.switch;
    const keys = [...group.children].map((button) => button.dataset[name]);
    choose(name, keys[(keys.indexOf(chosen[name]) + step + keys.length) % keys.length], group);
  });

  draw();
  watch("value", draw);
  trigger("open");
});
