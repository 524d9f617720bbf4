// The blind game's score and its confusion matrix.
import assert from "node:assert/strict";
import {
  confusionCsv,
  namesIn,
  nothingPlayed,
  readConfusion,
  scoreOf,
  tally,
  wilson,
  withAnswer,
} from "../../ui/assets/compare/game_score.js";

const near = (a, b) => assert(Math.abs(a - b) < 5e-4, `${a} is not ${b}`);

Deno.test("Wilson intervals are those of the textbook", () => {
  const known = [[7, 10, 0.3968, 0.8922], [0, 10, 0, 0.2775], [10, 10, 0.7225, 1], [50, 100, 0.4038, 0.5962]];
  for (const [right, count, least, most] of known) {
    const found = wilson(right, count);
    near(found[0], least);
    near(found[1], most);
  }
  assert.deepEqual(wilson(0, 0), [0, 1]); // nothing is known before the first answer
});

Deno.test("A score counts makers, and photographs against generated pictures", () => {
  const answers = [["real", "real"], ["real", "gan"], ["gan", "vae"], ["vae", "vae"]];
  const { right, told, count, chance } = scoreOf(answers.map(([maker, answer]) => ({ maker, answer })), 3);
  assert.deepEqual([right, told, count], [2, 3, 4]);
  near(chance, 1 / 3);
});

Deno.test("A matrix grows by answers and becomes a table of text", () => {
  const given = [["gan", "gan"], ["gan", "vae"], ["gan", "vae"], ["vae", "vae"]];
  const matrix = given.reduce((now, [maker, answer]) => withAnswer(now, maker, answer), nothingPlayed());
  assert.deepEqual(matrix.counts, { gan: { gan: 1, vae: 2 }, vae: { vae: 1 } });
  assert.deepEqual(tally(matrix), { right: 2, count: 4 });
  assert.deepEqual(namesIn(withAnswer(matrix, "older", "vae"), ["real", "vae", "gan"]), ["vae", "gan", "older"]);
  assert.equal(confusionCsv(matrix, ["vae", "gan"]), "made by \\ said to be,vae,gan\nvae,1,0\ngan,2,1\n");
});

Deno.test("What is stored may be anything: only counts are read", () => {
  const stored = { plays: 2, counts: { vae: { vae: 3, gan: -1, faces: "4" }, gan: null, text: { text: 1.5 } } };
  assert.deepEqual(readConfusion(stored), { plays: 2, counts: { vae: { vae: 3 } } });
  for (const broken of [null, 7, { plays: "many", counts: 3 }]) {
    assert.deepEqual(readConfusion(broken), nothingPlayed());
  }
});
