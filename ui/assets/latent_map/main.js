// The Latent map tab: the map, its tools, the panel beside it and the film below it.
import "./wire.js";
import "./gl.js";
import "./colours.js";
import "./view.js";
import "./contours.js";
import "./marks.js";
import "./plane.js";
import "./acts.js";
import "./film.js";
import "./strip.js";
import "./panel.js";
import "./near.js";
import "./stage.js";
import "./photos.js";
import "./controls.js";
