// The small world's models: gradients by hand agree with differences, and both learn a drawing.
import { Flow } from "../../ui/assets/small_world/flow.js";
import { Learner } from "../../ui/assets/small_world/learner.js";
import { Mlp } from "../../ui/assets/small_world/network.js";
import { filled, normalFrom, uniformFrom } from "../../ui/assets/small_world/random.js";
import { distance, preset, PRESETS, spot } from "../../ui/assets/small_world/shapes.js";

function check(condition, words) {
  if (!condition) throw new Error(words);
}

const normal = (seed) => normalFrom(uniformFrom(seed));
const near = (a, b, tolerance) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));

Deno.test("random numbers repeat, and are normal", () => {
  const [one, other] = [filled(4000, normal(5)), filled(4000, normal(5))];
  check(one.every((value, i) => value === other[i]), "the same seed gives other numbers");
  const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
  const variance = one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / one.length;
  check(Math.abs(mean) < 0.05 && Math.abs(variance - 1) < 0.07, `mean ${mean}, variance ${variance}`);
});

Deno.test("gradients of weights and inputs agree with finite differences", () => {
  const network = new Mlp([3, 5, 4, 2], normal(1));
  const [x, target] = [filled(6, normal(2)), filled(4, normal(3))];
  const loss = () => network.forward(x, 2).reduce((sum, y, i) => sum + (y - target[i]) ** 2, 0);
  const output = network.forward(x, 2);
  const dx = network.backward(output.map((y, i) => 2 * (y - target[i])), 2);
  const differences = (values, i) => {
    const [kept, step] = [values[i], 1e-2];
    values[i] = kept + step;
    const above = loss();
    values[i] = kept - step;
    const below = loss();
    values[i] = kept;
    return (above - below) / (2 * step);
  };
  for (const layer of network.layers) {
    for (const [values, slopes] of [[layer.weights, layer.gradients[0]], [layer.bias, layer.gradients[1]]]) {
      for (let i = 0; i < values.length; i++) {
        check(near(slopes[i], differences(values, i), 2e-2), `weight ${i}: ${slopes[i]} ${differences(values, i)}`);
      }
    }
  }
  for (let i = 0; i < x.length; i++) check(near(dx[i], differences(x, i), 2e-2), `input ${i}`);
});

Deno.test("presets and paint stay on the pad", () => {
  for (const name of Object.keys(PRESETS)) {
    const points = preset(name);
    check(points.length === 1200 && points.every((value) => Math.abs(value) <= 1), name);
    check(preset(name, 2).some((value, i) => value !== points[i]), "every seed gives the same points");
  }
  check(spot(1, -1, normal(1)).every((value) => Math.abs(value) <= 1), "paint beside the pad");
  check(near(distance(Float32Array.of(0, 0, 3, 4), Float32Array.of(0, 0)), 2.5, 1e-6), "distance");
});

Deno.test("a flow follows its field: nothing moves at time 0, and without a field", () => {
  const flow = new Flow(uniformFrom(1), normal(1), 8);
  const noise = flow.noise(10);
  check(flow.carry(noise, 10, 0).every((value, i) => value === noise[i]), "moved at time 0");
  for (const layer of flow.network.layers) [layer.weights, layer.bias].forEach((values) => values.fill(0));
  check(flow.carry(noise, 10, 1).every((value, i) => value === noise[i]), "moved without a field");
  flow.network.layers.at(-1).bias.set([0.5, -1]);
  check(
    flow.carry(noise, 10, 0.5).every((value, i) => near(value, noise[i] + [0.25, -0.5][i % 2], 1e-5)),
    "lost its way",
  );
});

Deno.test("both models learn a drawing, and the same one from the same seed", () => {
  const points = preset("moons");
  const learner = new Learner(points, { width: 32 });
  learner.train();
  const [before, first] = [learner.state(1), { ...learner.losses }];
  for (let step = 0; step < 400; step++) learner.train();
  const after = learner.state(1);
  check(
    after.distances.flow < 0.6 * before.distances.flow && after.distances.flow < 0.12,
    `flow ${after.distances.flow}`,
  );
  check(after.losses.flow < first.flow && after.losses.vae < 0.5 * first.vae, JSON.stringify([first, after.losses]));
  check(distance(after.rebuilt, points) < 0.5 * distance(before.rebuilt, points), "reconstruction");
  const start = learner.state(0).samples;
  check(start.every((value, i) => value === learner.noise[i]), "at time 0 there is noise");
  const again = new Learner(points, { width: 32 });
  again.train();
  check(again.losses.flow === first.flow && again.losses.vae === first.vae, "another run from the same seed");
});

Deno.test("one latent number keeps less than two", () => {
  const points = preset("letters");
  const [one, two] = [1, 2].map((numbers) => {
    const learner = new Learner(points, { width: 24, numbers });
    for (let step = 0; step < 250; step++) learner.train();
    const { rebuilt, given } = learner.state(1);
    return rebuilt.reduce((sum, value, i) => sum + (value - given[i]) ** 2, 0) / given.length;
  });
  check(two < one, `${two} is not below ${one}`);
});
