// Learns beside the page: in slices with a rest after each, up to so many steps, and never while nobody looks.
import { Learner } from "./learner.js";

const [SLICE, REST] = [40, 12]; // milliseconds of work, and between
const SHOW = 250; // milliseconds between two states, and more where one takes long: most of the time is for learning
const SHARE = 4; // times as long as a state took

/** @typedef {{kind: "start", points: Float32Array, numbers: number} | {kind: "time", time: number} | {kind: "run", run: boolean}} Order */

let learner = null;
let [time, run, timer, next] = [1, false, 0, 0];

function show() {
  const start = performance.now();
  postMessage(learner.state(time));
  const end = performance.now();
  next = end + Math.max(SHOW, SHARE * (end - start));
}

function work() {
  clearTimeout(timer);
  if (!learner || !run || learner.done) return;
  const until = performance.now() + SLICE;
  while (performance.now() < until && !learner.done) learner.train();
  if (learner.done || performance.now() > next) show();
  timer = setTimeout(work, REST);
}

addEventListener("message", ({ data }) => {
  if (data.kind === "start") {
    learner = new Learner(data.points, { numbers: data.numbers });
    run = true;
  } else if (data.kind === "time") time = data.time;
  else run = data.run;
  if (learner && data.kind !== "run") show();
  work();
});
