// What a model is, what it is good for, and four figures: beside its samples.
import { register } from "../shared/components.js";

register("models-summary", ({ root, props, watch }) => {
  const draw = () => (root.innerHTML = props.value || "");
  draw();
  watch("value", draw);
});
