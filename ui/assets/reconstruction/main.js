// The Reconstruction tab: pictures in rows, autoencoders in columns, one cell at a time enlarged; and the benchmark.
import "./requests.js";
import "../shared/heat.js";
import "./latent.js";
import "./detail.js";
import "./intake.js";
import "./column.js";
import "./grid.js";
import "./downloads.js";
import "./benchmark.js";
import "./act.js";
