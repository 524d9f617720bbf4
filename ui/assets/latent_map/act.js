// What the Latent map tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { eventually } from "../shared/eventually.js";
import { addStop, clearPath, findClusters, pickRow, probe, searchPictures, walkAttribute } from "./acts.js";
import { colourBy } from "./colours.js";
import { addDrawing } from "./drawings.js";
import { useTool } from "./stage.js";
import { selectRows, spaceOf, state } from "./state.js";

/**
 * @typedef {object} MapAction
 * @property {string} [space] key of an encoder
 * @property {string} [layout] key of a projection
 * @property {string} [colour] what to colour by
 * @property {number} [pick] row of a picture
 * @property {[number, number]} [between] rows: the place halfway between them on the map is decoded
 * @property {number[]} [path] rows that a path leads through
 * @property {{row: number, attribute: string}} [walk] along an attribute from a picture
 * @property {string} [words] what CLIP looks for
 * @property {string} [search] attributes to look for
 * @property {number} [clusters] how many k-means finds
 * @property {{key: string, recipe: object, words: string}[]} [drawings] whose steps are added as ways over the map
 */

let stop = () => {};

function show({ space = state.plane.space, layout = state.plane.projection }) {
  const there = spaceOf(space) ? space : state.plane.space;
  const ready = spaceOf(there).projections;
  const projection = ready.includes(layout) ? layout : ready[0];
  const { plane } = state;
  if (plane.space !== there || plane.projection !== projection) plane.show(there, projection);
  return () => plane.data && plane.space === there && plane.projection === projection;
}

// Rows of another atlas than the one that a lesson was written for wrap around.
const rowOf = (row) => row % state.plane.data.count;

function halfway(rows) {
  const { plane } = state;
  const pixels = plane.view.project(plane.data.units);
  const mean = (axis) => rows.reduce((sum, row) => sum + pixels[2 * rowOf(row) + axis], 0) / rows.length;
  return plane.placeAt(mean(0), mean(1));
}

function tell({ colour, pick, between, path, walk, words, search, clusters }) {
  useTool("look");
  clearPath();
  if (!words && !search) selectRows(null);
  if (typeof colour === "string") colourBy(colour);
  if (pick !== undefined) pickRow(rowOf(pick));
  if (between) probe(state.plane, halfway(between));
  for (const row of path || []) addStop({ row: rowOf(row) });
  if (walk) walkAttribute({ row: rowOf(walk.row) }, walk.attribute);
  if (words) searchPictures(words, true);
  if (search) searchPictures(search);
  if (clusters) findClusters("kmeans", clusters);
}

const SHOWN = ["latent-map:shown", "latent-map:ready", "latent-map:colours", "latent-map:sheets"];

acts("map", (/** @type {MapAction} */ action) => {
  stop();
  const { drawings } = action;
  stop = eventually(SHOWN, () => state.plane?.data, () => {
    if (drawings) return drawings.forEach(addDrawing);
    const shown = show(action);
    stop = eventually(SHOWN, shown, () => tell(action));
  });
}, {
  // A visitor's own photos are in no address: they go with the page.
  read: () =>
    state.plane?.data && state.atlas.kind !== "photos" && !["found", "sought"].includes(state.by)
      ? { space: state.plane.space, layout: state.plane.projection, colour: state.by }
      : null,
  changes: ["latent-map:shown", "latent-map:colours"],
});
