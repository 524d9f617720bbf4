// The Faces tab: a control column, the canvas with its meters and its sweep, and the history.
import "./state.js";
import "./requests.js";
import "./controls.js";
import "./photo.js";
import "./meters.js";
import "./canvas.js";
import "./sweep.js";
import "./history.js";
import "./keyboard.js";
import "./exchange.js";
import "./act.js";
