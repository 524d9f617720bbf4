// What is wider than its place, a table or a command of a card, can be scrolled by keys, too.
const WIDE = "#models-card :is(pre, table), #models-canvas .body > section";

function mark() {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(WIDE))) {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  }
}

let planned = 0;
function soon() {
  cancelAnimationFrame(planned);
  planned = requestAnimationFrame(mark);
}

const models = document.getElementById("models");
if (models) {
  new MutationObserver(soon).observe(models, { childList: true, subtree: true });
  new ResizeObserver(soon).observe(models);
}
