// Files that are dropped or pasted anywhere on the page go to the tab that is seen.
import { el } from "./dom.js";

const takers = [];
let overlay = null;
let depth = 0;

/**
 * Lets a tab have the files that arrive while it is seen.
 * @param {object} taker
 * @param {() => boolean} taker.visible
 * @param {boolean} [taker.otherwise] it has those, too, that nobody else takes
 * @param {() => string} taker.words what the overlay says while files are held over the page
 * @param {(files: File[]) => void} taker.take
 */
export const takeFiles = (taker) => (taker.otherwise ? takers.push(taker) : takers.unshift(taker));

const taker = () => takers.find((one) => one.visible());
const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

function show(shown) {
  if (!overlay) {
    overlay = el("div", { class: "drop-overlay", "aria-hidden": "true" }, el("p", {}));
    document.body.append(overlay);
  }
  if (shown) overlay.firstChild.textContent = taker()?.words() || "";
  overlay.classList.toggle("visible", shown);
}

// Registered once, ahead of everything in the page that listens for drops.
function listen(name, action) {
  addEventListener(
    name,
    (event) => {
      if (!carriesFiles(event) || !taker()) return;
      event.stopPropagation();
      action(event);
    },
    true,
  );
}

listen("dragenter", () => show(++depth > 0));
listen("dragleave", () => show((depth = Math.max(0, depth - 1)) > 0));
listen("dragover", (event) => event.preventDefault());
listen("drop", (event) => {
  event.preventDefault();
  depth = 0;
  show(false);
  taker().take([...event.dataTransfer.files]);
});
addEventListener(
  "paste",
  (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length || !taker()) return;
    event.stopPropagation();
    taker().take(files);
  },
  true,
);
