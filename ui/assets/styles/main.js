// The Styles tab: what is applied, the canvas, the wall of styles, and the training of one's own.
import "./requests.js";
import "./jobs.js";
import "./wall.js";
import "./actions.js";
import "./intake.js";
import "./prompt.js";
import "./active.js";
import "./training.js";
import "./canvas.js";
import "./controls.js";
import "./history.js";
import "./act.js";
