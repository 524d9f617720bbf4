// The Reconstruction tab: pictures in rows, autoencoders in columns, one cell at a time enlarged; and the benchmark.
import "./wire.js";
import "./heat.js";
import "./latent.js";
import "./detail.js";
import "./intake.js";
import "./grid.js";
import "./fetch.js";
import "./benchmark.js";
