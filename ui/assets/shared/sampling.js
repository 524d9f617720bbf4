// Sampling settings that the Faces and the Text prompts tab have in common.
import { numberSetting, select, setting } from "./controls.js";
import { on } from "./events.js";
import { term } from "./term.js";

/**
 * Makes the settings of one tab.
 * @param {object} tab
 * @param {() => object} tab.recipe the recipe of the moment
 * @param {(settings: object, options?: object) => void} tab.change
 * @param {(show: () => void) => void} tab.whenRefreshed
 */
export function samplingOf({ recipe, change, whenRefreshed }) {
  function number(key, title, range) {
    const write = (value, live) => change({ [key]: value }, { live });
    const { node, refresh } = numberSetting(title, range, () => recipe()[key], write);
    whenRefreshed(refresh);
    return node;
  }

  const steps = () => {
    const hint = "Denoising steps: more is slower and finer";
    return number("steps", "Steps", { min: 1, max: 50, limit: 250, step: 1, hint, explained: "step" });
  };

  /** `followed` is what guidance strengthens. */
  const guidance = (followed) => {
    const hint = `How strongly the ${followed} followed; 1 is off`;
    return number("guidance", "Guidance", { min: 1, max: 15, step: 0.1, hint, explained: "guidance" });
  };

  /** Solvers that the model of the last drawing cannot be drawn with are hidden. `event` brings its responses. */
  function solver(event, solvers, choose = (key) => change({ solver: key })) {
    const field = select("Solver", Object.entries(solvers));
    field.addEventListener("change", () => choose(field.value));
    whenRefreshed(() => (field.value = recipe().solver));
    on(event, ({ drawn }) => {
      if (!drawn) return;
      for (const option of field.options) option.hidden = option.disabled = !drawn.solvers.includes(option.value);
    });
    return setting(term("solver", "Solver"), field, { tag: "label" });
  }

  return { number, steps, guidance, solver };
}
