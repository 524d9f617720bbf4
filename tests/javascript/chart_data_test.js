// The logic of charts that needs no page: colours, tables, values in words, arrow keys.
import { csv, plain, pointNames, pointWords, step, themed } from "../../ui/assets/shared/chart_data.js";

function same(found, wanted) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

const axis = (text) => ({ title: { text } });
const lines = {
  data: [
    { type: "scatter", name: "a &lt;b&gt;", x: [1, 2, 4], y: [0.5, null, 0.25] },
    { type: "scatter", name: "hidden", x: [1, 3], y: [1, 2] },
    { type: "scatter", name: "c", x: [1, 5], y: [3, 4] },
  ],
  layout: { xaxis: axis("step"), yaxis: axis("loss") },
};
const bars = {
  data: [{ type: "bar", x: [1, -2], y: ["=SUM(A1)", "Bald, young"], error_x: { array: [0.1, 0.2] } }],
  layout: { xaxis: axis("dB") },
};
const dots = {
  data: [
    { type: "scatter", name: "F1", x: [0.9, 0.5], y: ["Bald", "Young"] },
    { type: "scatter", name: "hidden", x: [1, 0.5], y: ["Bald", "Young"] },
    { type: "scatter", name: "Recall", x: [0.8, 0.4], y: ["Bald", "Young"] },
  ],
  layout: {},
};
const matrix = { data: [{ type: "heatmap", x: ["p", "q"], y: ["r", "s"], z: [[1, 2], [3, 4]] }], layout: {} };

Deno.test("tokens become values at any depth, and numbers stay what they are", () => {
  const numbers = [1, 2];
  const found = themed({ a: ["var(--accent)", { b: "1px var(--line)" }], n: numbers, z: null }, (name) => `<${name}>`);
  same(found, { a: ["<--accent>", { b: "1px <--line>" }], n: [1, 2], z: null });
  same(found.n === numbers, true);
  same(themed([[0, "var(--a)"], [1, "var(--b)"]], (name) => name), [[0, "--a"], [1, "--b"]]); // a scale of colours
});

Deno.test("names are as they were written", () => same(plain("a &lt;b&gt; &amp;amp;"), "a <b> &amp;"));

Deno.test("a table holds every point under the words of the axes", () => {
  same(csv(lines).split("\n").slice(0, 4), ["series,step,loss", "a <b>,1,0.5", "a <b>,2,", "a <b>,4,0.25"]);
  same(csv(bars), 'name,dB,standard error\n\'=SUM(A1),1,0.1\n"Bald, young",-2,0.2\n');
  same(csv(dots), "name,F1,hidden,Recall\nBald,0.9,1,0.8\nYoung,0.5,0.5,0.4\n");
  same(csv(matrix), ",p,q\nr,1,2\ns,3,4\n");
});

Deno.test("what a value is about", () => {
  same(pointNames(matrix, 0, [1, 0]), ["s", "p"]);
  same(pointNames(bars, 0, 1), ["Bald, young"]);
  same(pointNames({ data: [{ type: "scatter", x: [0.5], y: ["Bald &amp; old"] }] }, 0, 0), ["Bald & old"]);
  same(pointNames({ data: [{ type: "scatter", x: [0.5], y: [1], text: ["a and b"] }] }, 0, 0), ["a and b"]);
  same(pointNames(lines, 0, 0), []);
});

Deno.test("a point in words", () => {
  same(pointWords(lines, 0, 2), "a <b>: 4, 0.25");
  same(pointWords(bars, 0, 1), "Bald, young: -2");
  same(pointWords(dots, 2, 0), "Bald, Recall: 0.8");
  same(pointWords(matrix, 0, [1, 0]), "s, p: 3");
});

Deno.test("arrow keys stay inside, and change to the nearest point of the next curve that is shown", () => {
  const hidden = (index) => index === 1;
  same(step(lines, [0, 2], "ArrowRight"), [0, 2]);
  same(step(lines, [0, 2], "ArrowDown", hidden), [2, 1]);
  same(step(lines, [2, 1], "ArrowUp", hidden), [0, 2]);
  same(step(lines, [0, 0], "ArrowUp", hidden), [0, 0]);
  same(step(bars, [0, 0], "ArrowDown"), [0, 1]);
  same(step(dots, [0, 0], "ArrowDown", hidden), [0, 1]); // of named rows up and down go through the rows
  same(step(dots, [0, 1], "ArrowRight", hidden), [2, 1]);
  same(step(dots, [2, 1], "ArrowRight", hidden), [2, 1]);
  same(step(matrix, [0, [0, 1]], "ArrowDown"), [0, [1, 1]]);
  same(step(matrix, [0, [0, 1]], "ArrowRight"), [0, [0, 1]]);
});
