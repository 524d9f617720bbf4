// The pacing of requests: what waits, what gives way, and what a failure says.
import assert from "node:assert/strict";

globalThis.document = new EventTarget();
const { RequestQueue } = await import("../../ui/assets/shared/request_queue.js");
const { on } = await import("../../ui/assets/shared/events.js");

let count = 0;

// A queue whose component notes down what it was given to send.
function connected(kinds, options = {}) {
  const name = `queue${count++}`;
  const sent = [];
  const handle = {
    props: { value: null },
    trigger: (event) => sent.push(event === "request" ? handle.props.value : event),
  };
  const queue = new RequestQueue(name, kinds, { patience: Infinity, ...options });
  queue.connect(handle);
  return { queue, sent, name };
}

const end = (queue, more = {}) => queue.receive({ request_id: queue.current.request_id, last: true, ...more });

Deno.test("of one kind only the newest request waits", () => {
  const { queue, sent } = connected({ draw: {} });
  for (const steps of [1, 2, 3]) queue.request("draw", { kind: "draw", steps });
  end(queue);
  end(queue);
  assert.deepEqual(sent.map((one) => one.steps), [1, 3]);
  assert.deepEqual(sent.map((one) => one.request_id), [1, 2]);
  assert(queue.idle);
});

Deno.test("where every request counts, all of them wait in order", () => {
  const { queue, sent } = connected({ add: { every: true } });
  for (const path of ["a", "b", "c"]) queue.request("add", { kind: "add", path });
  while (queue.current) end(queue);
  assert.deepEqual(sent.map((one) => one.path), ["a", "b", "c"]);
});

Deno.test("kinds take their turns in the order in which they are named", () => {
  const { queue, sent } = connected({ first: {}, second: {} });
  queue.request("second", { kind: "busy" });
  queue.request("second", { kind: "later" });
  queue.request("first", { kind: "sooner" });
  while (queue.current) end(queue);
  assert.deepEqual(sent.map((one) => one.kind), ["busy", "sooner", "later"]);
});

Deno.test("a background request gives way at once, and is stopped only once", () => {
  const { queue, sent } = connected({ draw: { urgent: true }, sweep: { background: true } });
  queue.request("sweep", { kind: "sweep" });
  queue.request("draw", { kind: "draw", steps: 1 });
  queue.request("draw", { kind: "draw", steps: 2 });
  assert.deepEqual(sent.slice(1), ["cancel"]);
  end(queue);
  assert.equal(sent.at(-1).steps, 2);
});

Deno.test("a request that is never ended stays, whatever waits", () => {
  const { queue, sent } = connected({ draw: { urgent: true }, file: { whole: true, background: true } });
  queue.request("file", { kind: "add" });
  queue.request("draw", { kind: "draw" });
  assert.equal(sent.length, 1);
  queue.stop();
  assert.equal(sent.length, 1);
  assert(queue.idle === false && !queue.waiting.draw.length);
});

Deno.test("an unfinished drawing gives way to a newer one when it is slow, not before", () => {
  const [now, timeout, later] = [performance.now, globalThis.setTimeout, []];
  let clock = 0;
  performance.now = () => clock;
  globalThis.setTimeout = (action, wait) => later.push([action, wait]);
  try {
    const { queue, sent } = connected({ draw: { urgent: true } });
    queue.request("draw", { kind: "draw", steps: 1 });
    clock = 100;
    queue.request("draw", { kind: "draw", steps: 2 });
    assert.equal(sent.length, 1);
    const [[again, wait]] = later;
    assert(wait > 400 && wait < 410);
    clock += wait;
    again();
    assert.equal(sent.at(-1), "cancel");
  } finally {
    performance.now = now;
    globalThis.setTimeout = timeout;
  }
});

Deno.test("content is made when its turn comes, and nothing is sent when it is not wanted any more", () => {
  const { queue, sent } = connected({ draw: {} });
  let seed = 1;
  queue.request("draw", { kind: "draw", seed: 0 });
  queue.request("draw", () => ({ kind: "draw", seed }));
  seed = 7;
  end(queue);
  assert.equal(sent.at(-1).seed, 7);
  queue.request("draw", () => null);
  end(queue);
  assert(queue.idle && sent.length === 2);
});

Deno.test("a response to another request is not heard, and the last one ends its own", () => {
  const { queue, name } = connected({ draw: {} });
  const heard = [];
  on(`${name}:response`, (message) => heard.push(message.step));
  queue.request("draw", { kind: "draw" }, { onLast: (message) => heard.push(`end ${message.step}`) });
  queue.receive({ request_id: 99, last: true, step: 1 });
  queue.receive({ request_id: 1, last: false, step: 2 });
  queue.receive({ request_id: 1, step: 3 });
  queue.receive({ request_id: 1, last: true, step: 4 });
  queue.receive({ request_id: 1, last: true, step: 5 });
  assert.deepEqual(heard, [2, 4, "end 4"]);
});

Deno.test("a response that is not wanted any more reaches nobody, and the next request is sent", () => {
  const { queue, sent, name } = connected({ a: {}, b: {} }, { take: ({ stale }) => !stale });
  const heard = [];
  on(`${name}:response`, () => heard.push("response"));
  queue.request("a", { kind: "a" }, { onLast: () => heard.push("last") });
  queue.request("b", { kind: "b" });
  end(queue, { stale: true });
  assert.deepEqual(heard, []);
  assert.equal(sent.at(-1).kind, "b");
});

Deno.test("a request that ends without a response fails with what is kept", () => {
  const { queue, name } = connected({ draw: {} }, { kept: "Your settings are kept" });
  let error = "";
  queue.request("draw", { kind: "draw" }, { onLast: (message) => (error = message.error) });
  document.dispatchEvent(new CustomEvent("latentscape-failure", { detail: "another" }));
  assert.equal(error, "");
  document.dispatchEvent(new CustomEvent("latentscape-failure", { detail: name }));
  assert.equal(error, "The server is busy. Your settings are kept; try again in a moment.");
  assert(queue.idle);
});

Deno.test("a light request goes past the component, and nothing waits for the queue of the server", async () => {
  const response = Promise.resolve({ request_id: 1, last: true, row: 5 });
  const { queue, sent } = connected({ point: {} }, { direct: () => response });
  let row = 0;
  queue.request("point", { kind: "point" }, { onLast: (message) => (row = message.row) });
  await response;
  await Promise.resolve();
  assert.equal(row, 5);
  assert.equal(sent.length, 0);
});

Deno.test("what fills an idle line is requested again after each response", () => {
  const left = [1, 2];
  const fill = () => left.length ? { slot: "grid", content: { kind: "grid", cell: left.shift() } } : null;
  const { queue, sent } = connected({ live: {}, grid: { background: true } }, { fill });
  while (queue.current) end(queue);
  assert.deepEqual(sent.map((one) => one.cell), [1, 2]);
});

Deno.test("a listener that fails is reported and keeps the event from nobody", () => {
  const errors = [];
  const report = globalThis.reportError;
  globalThis.reportError = (error) => errors.push(error.message);
  try {
    const { queue, name } = connected({ draw: {} });
    let heard = 0;
    on(`${name}:response`, () => {
      throw new Error("broken");
    });
    const off = on(`${name}:response`, () => heard++);
    queue.request("draw", { kind: "draw" });
    queue.receive({ request_id: 1, last: false });
    off();
    end(queue);
    assert.deepEqual(errors, ["broken", "broken"]);
    assert.equal(heard, 1);
  } finally {
    globalThis.reportError = report;
  }
});
