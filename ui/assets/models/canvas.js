// One model: four views behind a row of tabs. The network is fetched when its view is first opened.
import { showView } from "../shared/charts.js";
import { part } from "../shared/core.js";

part("models-canvas", ({ root, props, server, watch }) => {
  const VIEWS = { samples: "Samples", curves: "Curves", figures: "Figures", network: "Network" };
  const networks = {};
  let view = "samples";
  let wanted = ""; // the view that somebody chose; samples give way where a model has none
  let shown = "";
  const READABLE = 0.72; // never opened smaller than this; Fit shows all of it
  let zoom = 0; // 0 readable, -1 all of it, else a factor

  root.innerHTML = `
    <header>
      <div class="words"><h1></h1><p class="detail"></p></div>
      <div class="tabs" role="tablist" aria-label="What to show"></div>
    </header>
    <p class="problem" role="status" hidden></p>
    <div class="body" role="tabpanel" tabindex="0"></div>
    <div class="zoom" hidden>
      <button type="button" class="icon-button" data-zoom="out" aria-label="Smaller" title="Smaller">&minus;</button>
      <button type="button" class="button small" data-zoom="fit">Fit</button>
      <button type="button" class="icon-button" data-zoom="in" aria-label="Larger" title="Larger">+</button>
    </div>`;
  const body = root.querySelector(".body");
  const tabs = root.querySelector(".tabs");

  for (const [name, title] of Object.entries(VIEWS)) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.role = "tab";
    tab.dataset.view = name;
    tab.textContent = title;
    tab.addEventListener("click", () => open(name));
    tabs.append(tab);
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const names = Object.keys(VIEWS);
    open(names[(names.indexOf(view) + step + names.length) % names.length]);
    tabs.querySelector('[aria-selected="true"]').focus();
  });

  function open(name) {
    view = wanted = name;
    zoom = 0;
    draw();
  }

  function draw() {
    const card = props.value || {};
    if (card.name !== shown) view = wanted && wanted !== "samples" ? wanted : card.opens || "samples";
    shown = card.name;
    root.querySelector("h1").textContent = card.title || "";
    root.querySelector(".detail").textContent = card.detail || "";
    const problem = root.querySelector(".problem");
    problem.textContent = [card.problem, card.notes].filter(Boolean).join(" ");
    problem.hidden = !problem.textContent;
    for (const tab of tabs.children) {
      tab.setAttribute("aria-selected", String(tab.dataset.view === view));
      tab.tabIndex = tab.dataset.view === view ? 0 : -1;
    }
    root.querySelector(".zoom").hidden = true;
    body.className = `body ${view}`;
    body.scrollTo(0, 0);
    if (view === "network") drawNetwork(card.name);
    else showView(body, card[view]);
  }

  async function drawNetwork(name) {
    if (!name) return;
    if (!networks[name]) {
      body.innerHTML = '<div class="empty"><h2>Drawing the network</h2><p>One picture is sent through it.</p></div>';
      networks[name] = (await server.network(name)) || { problem: "The network could not be drawn." };
      if (view !== "network" || (props.value || {}).name !== name) return;
    }
    const { svg, problem } = networks[name];
    if (problem) {
      delete networks[name]; // asked for again the next time
      body.innerHTML = '<div class="empty"><h2>No diagram</h2><p></p></div>';
      body.querySelector("p").textContent = props.value.problem ? "It is drawn from the loaded weights." : problem;
      return;
    }
    body.innerHTML = svg;
    root.querySelector(".zoom").hidden = false;
    applyZoom();
  }

  function applyZoom() {
    const svg = body.querySelector("svg");
    if (view !== "network" || !svg) return;
    const { width, height } = svg.viewBox.baseVal;
    const fit = Math.min(body.clientWidth / width, body.clientHeight / height, 1.4);
    const scale = zoom < 0 ? fit : zoom || Math.max(fit, READABLE);
    const [x, y] = [body.scrollLeft + body.clientWidth / 2, body.scrollTop + body.clientHeight / 2];
    const before = svg.clientWidth || width * scale;
    svg.style.width = `${width * scale}px`;
    svg.style.height = `${height * scale}px`;
    const change = (width * scale) / before;
    body.scrollTo(x * change - body.clientWidth / 2, y * change - body.clientHeight / 2);
  }

  function zoomBy(factor) {
    const svg = body.querySelector("svg");
    if (!svg) return;
    zoom = Math.min(4, Math.max(0.15, (svg.clientWidth / svg.viewBox.baseVal.width) * factor));
    applyZoom();
  }

  root.querySelector(".zoom").addEventListener("click", (event) => {
    const kind = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (kind === "fit") {
      zoom = -1;
      applyZoom();
    } else if (kind) zoomBy(kind === "in" ? 1.4 : 1 / 1.4);
  });
  body.addEventListener("wheel", (event) => {
    if (view !== "network" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 300));
  }, { passive: false });
  body.addEventListener("pointerdown", (event) => {
    if (view !== "network" || event.pointerType !== "mouse" || event.button) return;
    const from = [event.clientX + body.scrollLeft, event.clientY + body.scrollTop];
    const move = (next) => body.scrollTo(from[0] - next.clientX, from[1] - next.clientY);
    body.setPointerCapture(event.pointerId);
    body.classList.add("held");
    body.addEventListener("pointermove", move);
    body.addEventListener("pointerup", () => {
      body.removeEventListener("pointermove", move);
      body.classList.remove("held");
    }, { once: true });
  });
  new ResizeObserver(applyZoom).observe(body);

  draw();
  watch("value", draw);
});
