// The Text prompts tab: the prompt, what it became, and how it came to be.
import "./requests.js";
import "./entrance.js";
import "./words.js";
import "./builder.js";
import "./controls.js";
import "./actions.js";
import "./canvas.js";
import "./detail.js";
import "./film.js";
import "./history.js";
import "./act.js";
