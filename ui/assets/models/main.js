// The Models tab: the list of checkpoints, and four views of one.
import "./list.js";
import "./canvas.js";
