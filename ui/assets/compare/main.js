// The Compare tab: one request to every generator, their measured figures, and a blind game.
import "./requests.js";
import "./column.js";
import "./canvas.js";
import "./act.js";
