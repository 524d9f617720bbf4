// The Classify tab: a picture, what the classifier sees in it and where it looks, and how well it does.
import "./requests.js";
import "./intake.js";
import "./column.js";
import "./canvas.js";
import "./act.js";
