// What happens inside one drawing: a panel with a slider over its steps.
export { InsidePanel } from "./panel.js";
