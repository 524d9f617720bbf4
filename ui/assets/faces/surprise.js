// Attributes that go together as in real pictures, from a tree of how often each is present given another one.
const LEFT_OUT = ["Blurry", "Attractive"];
const MAIN = 0.6; // how often each of the main four is requested
const MORE = 3; // of the others at most

/**
 * A value for every attribute, drawn as it occurs in the data.
 * @param {[string, string, number, number][]} tree [name, parent, share where the parent is absent, where it is present]
 * @param {() => number} dice 0..1
 * @returns {Record<string, number>} -1 or 1 by name
 */
export function combination(tree, dice = Math.random) {
  const drawn = {};
  for (const [name, parent, absent, present] of tree) {
    drawn[name] = dice() < (drawn[parent] > 0 ? present : absent) ? 1 : -1;
  }
  return drawn;
}

/**
 * What is requested of it: some of the main attributes, and a few others that are present.
 * @param {{tree: [string, string, number, number][], names: string[]}} surprise `names` are those the model follows well
 * @param {string[]} main
 * @param {() => number} dice
 */
export function surprising({ tree, names }, main, dice = Math.random) {
  const drawn = combination(tree, dice);
  const values = {};
  for (const name of main) if (dice() < MAIN) values[name] = drawn[name];
  const others = names.filter((name) => drawn[name] > 0 && !main.includes(name) && !LEFT_OUT.includes(name));
  for (let more = 0; more < MORE && others.length; more++) {
    values[others.splice(Math.floor(dice() * others.length), 1)[0]] = 1;
  }
  return values;
}
