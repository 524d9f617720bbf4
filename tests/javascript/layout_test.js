// Small mathematics of the page: squares of a photo, grids of pictures, seeds, numbers in words.
import assert from "node:assert/strict";
import { middle, moved, nearness, withNearness } from "../../ui/assets/faces/placement.js";
import { carriesPrompt, carriesRecipe, headOf } from "../../ui/assets/shared/files.js";
import { duration, signed, withMinus } from "../../ui/assets/shared/format.js";
import { arrange } from "../../ui/assets/shared/layout.js";
import { splitCommand } from "../../ui/assets/shared/notice.js";
import { parseSeed } from "../../ui/assets/shared/seeds.js";

const photo = { width: 400, height: 300 };

Deno.test("a crop begins in the middle, and its centre never leaves the photo", () => {
  const square = middle(photo);
  assert.deepEqual(square, { x: 200, y: 150, side: 300, degrees: 0 });
  assert.deepEqual(moved(square, 1000, 0, photo), { ...square, x: 400 });
  assert.deepEqual(moved(square, -1000, -1000, photo), { ...square, x: 0, y: 0 });
});

Deno.test("a crop that is turned moves the way that it shows", () => {
  const { x, y } = moved({ ...middle(photo), degrees: 90 }, 10, 0, photo);
  assert.deepEqual([Math.round(x), Math.round(y)], [200, 160]);
});

Deno.test("zooming keeps the middle of the crop", () => {
  const near = withNearness(middle(photo), 1, photo);
  assert.deepEqual(near, { ...middle(photo), side: 150 });
  assert.equal(nearness(near, photo), 1);
});

Deno.test("pictures are as large as the room allows", () => {
  assert.deepEqual(arrange(1, 800, 500, 720), { side: 500, columns: 1 });
  assert.deepEqual(arrange(4, 808, 408, 720), { side: 200, columns: 2 });
  assert.deepEqual(arrange(2, 390, 844, 720), { side: 390, columns: 1 });
  assert.equal(arrange(1, 4000, 4000, 720).side, 720);
});

Deno.test("a seed is a whole number of 32 bits", () => {
  assert.equal(parseSeed(" 4294967295 "), 4294967295);
  for (const text of ["4294967296", "-1", "1.5", "", "seed", "1e3"]) assert.equal(parseSeed(text), null);
});

Deno.test("numbers carry a true minus sign", () => {
  assert.deepEqual([signed(1), signed(-0.5), signed(0)], ["+1.00", "\u22120.50", "0.00"]);
  assert.equal(withMinus(-3.14159, 1), "\u22123.1");
  assert.deepEqual([duration(999.6), duration(1500)], ["1000 ms", "1.5 s"]);
});

Deno.test("what a picture carries is read from the beginning of its file", async () => {
  const bytes = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const png = (text) => headOf(new Blob([bytes(`\x89PNG....iTXtlatentscape\0${text}`)]));
  assert(carriesRecipe(await png('{"model":"faces"}'), "latentscape"));
  assert(!carriesPrompt(await png('{"model":"faces"}')));
  assert(carriesPrompt(await png('{"model":"text"}')));
  assert(!carriesPrompt(await headOf(new Blob(['a note: "model":"text"']))));
});

Deno.test("a sentence that ends in a command is shown with the command apart", () => {
  assert.deepEqual(splitCommand("Make it: python x.py"), ["Make it: ", "python x.py"]);
  assert.deepEqual(splitCommand("Nothing to do."), ["Nothing to do.", ""]);
});
