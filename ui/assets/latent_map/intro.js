// In the panel: how the map is used, while nothing is chosen; and where one is on a path.
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { paint } from "../shared/pictures.js";
import { pickRow } from "./acts.js";
import { label, LARGE, large, panelNow, sendRow, showInPanel } from "./panel.js";
import { state } from "./state.js";

const ON_PATH = "On the path";

// --- nothing chosen -----------------------------------------------------------------------------------------------

function intro() {
  if (!state.atlas) return;
  const line = (words, meaning) => el("li", {}, el("strong", {}, words), el("span", {}, meaning));
  showInPanel(
    state.atlas.title,
    el(
      "p",
      { class: "hint number" },
      `${state.atlas.count.toLocaleString("en")} pictures in ${state.atlas.spaces.length} spaces`,
    ),
    el(
      "ul",
      { class: "latent-map-how" },
      line("Click a point", "its picture and its attributes"),
      line("Click between points", "what the space decodes to there; drag the mark to move through it"),
      line("Path", "two stops or more become a film"),
      line("Lasso", "what the selected pictures have in common"),
      line("Scroll", "zoom in until points become pictures"),
    ),
    ...state.atlas.notes.map((note) => el("p", { class: "hint" }, note)),
  );
}

function position(film) {
  if (!film.attribute) return `Picture ${state.frame + 1} of ${film.frames.length}`;
  const [share, strength] = [film.probabilities[state.frame], film.strengths[state.frame].toFixed(1)];
  const turn = film.boundary === null
    ? "The probe never changes its mind."
    : `The probe changes its mind at ${film.boundary.toFixed(1)}.`;
  return `${label(film.attribute)}: ${percent(share)} by the probe, strength ${strength} ${turn}`;
}

function frame() {
  const film = state.strip;
  if (!film) return;
  const uri = film.frames[state.frame];
  const now = panelNow();
  const known = now.title === ON_PATH && now.body.querySelector(".latent-map-large");
  if (known) paint(known, uri, LARGE); // nothing flickers while the hand moves
  else {
    const send = () => ({ uri: state.strip.frames[state.frame], name: `path, picture ${state.frame + 1}` });
    const where = el("p", { class: "hint number latent-map-where" });
    showInPanel(ON_PATH, large(uri, "The picture at this position"), where, sendRow(send));
  }
  now.body.querySelector(".latent-map-where").textContent = position(film);
}

on("latent-map:atlas", intro);
on("latent-map:picked", (what) => what || intro());
on("latent-map:strip", () => {
  if (state.strip) frame();
  else if (panelNow().title === ON_PATH) state.picked?.row !== undefined ? pickRow(state.picked.row) : intro();
});
on("latent-map:frame", frame);
