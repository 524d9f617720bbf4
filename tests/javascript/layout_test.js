// Small mathematics of the page: squares of a photo, grids of pictures, seeds, numbers in words.
import assert from "node:assert/strict";
import { combination, surprising } from "../../ui/assets/faces/surprise.js";
import { changedLike } from "../../ui/assets/faces/awaited.js";
import {
  asCrop,
  fromCrop,
  middle,
  moved,
  nearness,
  placementOf,
  withNearness,
} from "../../ui/assets/shared/placement.js";
import { SweepStrip } from "../../ui/assets/faces/sweep_strip.js";
import { carriesEdit, carriesPrompt, carriesRecipe, headOf } from "../../ui/assets/shared/files.js";
import { duration, signed, withMinus } from "../../ui/assets/shared/format.js";
import { arrange } from "../../ui/assets/shared/layout.js";
import { Rest } from "../../ui/assets/prompts/rest.js";
import { splitCommand } from "../../ui/assets/shared/notice.js";
import { addressOf, settingsOf, tabOf } from "../../ui/assets/shared/tab_address.js";
import { parseSeed } from "../../ui/assets/shared/seeds.js";
import { whereItGoes } from "../../ui/assets/shared/where.js";

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

Deno.test("a recipe keeps its crop in fractions of the photo, and it is used where it shows a face", () => {
  const square = { x: 100, y: 150, side: 150, degrees: 10 };
  const crop = asCrop(square, photo);
  assert.deepEqual(crop, [0.25, 0.5, 0.5, 10]);
  assert.deepEqual(fromCrop(crop, { width: 800, height: 600 }), { x: 200, y: 300, side: 300, degrees: 10 });
  const [near, far] = [{ placement: { x: 110, y: 160 } }, { placement: { x: 300, y: 100 } }];
  assert.deepEqual(placementOf(crop, photo, [far, near], far.placement), square);
  assert.equal(placementOf(crop, photo, [far], far.placement), far.placement);
  assert.deepEqual(placementOf(crop, photo, [], null), square);
  assert.equal(placementOf(undefined, photo, [near], near.placement), near.placement);
});

Deno.test("what a recipe changed in its photo is changed in the photo that is added", () => {
  const recipe = { attributes: { Male: -1, Smiling: 0.5 }, edit: { base: { Male: 1, Young: 1, Smiling: 0.5 } } };
  assert.deepEqual(changedLike(recipe, { Male: 1, Young: 1, Smiling: 0.5 }), recipe.attributes);
  assert.deepEqual(changedLike(recipe, { Bald: 1, Young: -1 }), { Bald: 1, Male: -1 });
});

Deno.test("tiles of a sweep that was interrupted are stale, and the strip is not complete", () => {
  const strip = new SweepStrip(3);
  strip.drawn(3, "Male");
  assert(strip.isComplete("Male"));
  strip.drawn(1, "Young");
  assert(!strip.isComplete("Male") && !strip.isComplete("Young"));
  assert.deepEqual([0, 1, 2].map((index) => strip.isStale(index, "Male")), [true, false, false]);
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
  assert(carriesEdit(await png('{"edit":{"base":{}},"seed":1}')));
  assert(!carriesEdit(await png('{"prompt":"\\"edit\\":{"}')));
});

Deno.test("a sentence that ends in a command is shown with the command apart", () => {
  assert.deepEqual(splitCommand("Make it: python x.py"), ["Make it: ", "python x.py"]);
  assert.deepEqual(splitCommand("Nothing to do."), ["Nothing to do.", ""]);
});

Deno.test("a drawing that outlasts the rest of the typing is remembered when it is there", () => {
  const rest = new Rest();
  const entry = { live: true, recipe: { prompt: "an old man" } };
  rest.rested();
  assert(!rest.isDue(null, "an old man", false)); // it is still being drawn
  assert(!rest.isDue(entry, "an old man", false));
  assert(rest.isDue(entry, " an  old man\n", true));
  assert(!rest.isDue(entry, "an old woman", true) && !rest.isDue({ ...entry, live: false }, "an old man", true));
  rest.moved();
  assert(!rest.isDue(entry, "an old man", true));
});

Deno.test("a page says on whose machine pictures are processed", () => {
  assert.equal(whereItGoes({ host: "127.0.0.1" }), "It is processed on this machine and not kept.");
  const space = whereItGoes({ several: true, host: "me-latentscape.hf.space" });
  assert.equal(space, "They are processed on the server of this page, me-latentscape.hf.space, and not kept.");
});

Deno.test("the address names the tab, and an address names a tab that there is", () => {
  assert.equal(addressOf("http://a/?r=x#models", "Latent map"), "http://a/?r=x#latent-map");
  assert.equal(addressOf("http://a/?r=x#models", "Faces"), "http://a/?r=x");
  assert.equal(tabOf("#latent-map", ["Faces", "Latent map"]), "Latent map");
  assert.equal(tabOf("#faces", ["Faces"]), "");
  assert.equal(tabOf("#nothing", ["Faces", "Models"]), "");
  const settings = { space: "vae", active: { pencil: 0.5 } };
  const { hash } = new URL(addressOf("http://a/", "Latent map", settings));
  assert.equal(tabOf(hash, ["Latent map"]), "Latent map");
  assert.deepEqual(settingsOf(hash), settings);
  assert.deepEqual(settingsOf("#latent-map"), {});
});

Deno.test("a surprise asks for what goes together in real pictures", () => {
  const tree = [["Male", "", 0.5, 0.5], ["Goatee", "Male", 0, 1], ["Blurry", "", 1, 1], ["Rare", "", 0, 0]];
  let seed = 1;
  const dice = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let trial = 0; trial < 200; trial++) {
    const drawn = combination(tree, dice);
    assert.equal(drawn.Goatee, drawn.Male);
    const values = surprising({ tree, names: ["Male", "Goatee", "Blurry", "Rare"] }, ["Male"], dice);
    assert(!("Blurry" in values) && !("Rare" in values) && values.Goatee !== -1);
    assert(values.Male === undefined || (values.Goatee === 1) === (values.Male === 1));
  }
});
