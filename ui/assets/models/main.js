// The Models tab: the list of checkpoints, and four views of one, and the models of others on this machine.
import "./list.js";
import "./canvas.js";
import "./summary.js";
import "./machine.js";
import "./bias.js";
import "./act.js";
import "./scrollers.js";
