// The place in the server's queue: asked for while nothing has begun, and not shown a moment longer.
import assert from "node:assert/strict";
import { begun, placeBy, placeIs, waits } from "../../ui/assets/shared/queue_place.js";

// Runs `steps` with timers that run out when `pass` is called.
function withTimers(steps) {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  let due = null;
  globalThis.setTimeout = (action) => (due = action) && 1;
  globalThis.clearTimeout = () => (due = null);
  try {
    steps(() => due?.());
  } finally {
    globalThis.setTimeout = set;
    globalThis.clearTimeout = clear;
  }
}

Deno.test("it is asked for again and again until every queue has begun", () =>
  withTimers((pass) => {
    let asked = 0;
    const shown = [];
    placeBy({ ask: () => asked++, show: (words) => shown.push(words) });
    waits("faces");
    pass();
    placeIs(3);
    waits("styles");
    begun("faces");
    pass();
    placeIs(1);
    pass();
    placeIs(0);
    begun("styles");
    pass();
    assert.equal(asked, 3);
    assert.deepEqual(shown, ["3 requests are ahead of yours", "1 request is ahead of yours", "", ""]);
  }));

Deno.test("what the server says too late is not shown", () =>
  withTimers(() => {
    const shown = [];
    placeBy({ ask: () => {}, show: (words) => shown.push(words) });
    waits("faces");
    begun("faces");
    placeIs(2);
    placeIs(null);
    assert.deepEqual(shown, ["", "", ""]);
  }));
