// The state of the Text prompts tab and its one line to the server: of every kind only the newest request waits, and a
// drawing that somebody waits for ends what runs in the background.
(() => {
  const { part, on, emit } = latentscape;
  const PATIENCE = 300000; // without a word from the server: large models take minutes
  const SLOW = 500; // after this long an unfinished drawing gives way to a newer one
  const TYPING = 140; // between the last key and the marks on the words
  const ORDER = ["open", "draw", "gif", "explain"];
  const TAB = "Text prompts";

  const state = {
    words: null, // chips, examples and first settings, from the server
    recipe: null,
    other: "", // the second prompt of a comparison or a morph
    mode: "draw", // or "compare", "morph"
    best: false, // the pictures that fit the prompt best come first
    locked: false,
    models: [], // {key, title, missing}
    prior: false,
    clip: "", // what to do for a CLIP that is not here
    opened: false,
    shown: null, // the history entry on the canvas
    entrance: null, // a link or a PNG that came before the tab was opened
  };

  let wire = null;
  let reader = null;
  let current = null;
  let ticket = 0;
  let watchdog = 0;
  let readTicket = 0;
  let readText = "";
  const waiting = {};

  // --- one request at a time --------------------------------------------------------------------------------------

  // `content` is {kind, ...}, or a function that gives it when its turn comes.
  function ask(slot, content, options = {}) {
    waiting[slot] = { ...options, slot, content };
    if (slot === "draw") delete waiting.explain;
    pump();
  }

  function pump() {
    if (!wire) return;
    if (current) {
      const wanted = waiting.draw || waiting.gif;
      if (!wanted) return;
      const age = performance.now() - current.sent;
      if (current.slot === "explain" || age > SLOW) interrupt();
      else setTimeout(pump, SLOW - age + 5);
      return;
    }
    const slot = ORDER.find((name) => waiting[name]);
    if (!slot) return emit("prompts:idle");
    const request = waiting[slot];
    delete waiting[slot];
    const content = typeof request.content === "function" ? request.content() : request.content;
    current = { ...request, content, kind: content.kind, ticket: ++ticket, sent: performance.now() };
    wire.props.value = { ...content, ticket };
    wire.trigger("ask");
    listen();
    emit("prompts:asked", current);
  }

  function listen() {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => failed("The server does not answer. Your prompt is kept; try again."), PATIENCE);
  }

  // The request ended without an answer: the line was full, or the connection broke.
  function failed(error = "The server is busy. Your prompt is kept; try again in a moment.") {
    if (current) receive({ ticket: current.ticket, last: true, error });
  }

  function interrupt() {
    if (!current || current.interrupted) return;
    current.interrupted = true;
    wire.trigger("stop");
  }

  // Esc or the button: nothing more is wanted; what is there is kept.
  function stop() {
    for (const slot of ORDER) delete waiting[slot];
    if (current) {
      current.stopped = true;
      interrupt();
    }
  }

  function receive(message) {
    if (!current || !message || message.ticket !== current.ticket) return;
    const request = current;
    listen();
    if (message.models) {
      Object.assign(state, { models: message.models, prior: message.prior, clip: message.clip, opened: true });
      emit("prompts:models");
    }
    if (message.adopt && !request.adopted) {
      request.adopted = true;
      Object.assign(state, { recipe: { ...state.recipe, ...message.adopt }, mode: "draw" });
      emit("prompts:recipe", {});
      read();
    }
    emit("prompts:answer", { ...message, request, superseded: Boolean(waiting.draw) });
    if (!message.last) return;
    clearTimeout(watchdog);
    current = null;
    emit("prompts:finished", { ...message, request });
    pump();
  }

  // --- what is asked ----------------------------------------------------------------------------------------------

  const large = () => state.recipe.model !== state.words.first.model;
  const model = () => state.models.find((one) => one.key === state.recipe.model);
  const body = () => ({ kind: state.mode, recipe: state.recipe, other: state.other });

  function draw(options = {}) {
    if (state.mode === "morph" && !state.other.trim()) {
      return options.live ? null : emit("prompts:say", { text: "Write the second prompt: the picture goes from the first one to it." });
    }
    ask("draw", body, options);
  }

  // A change of the recipe or of what goes with it. The built-in model draws at once, a large one when told to.
  function change(patch, { live = false, ...extra } = {}) {
    for (const key of ["other", "mode", "best"]) if (key in extra) state[key] = extra[key];
    state.recipe = { ...state.recipe, ...patch };
    emit("prompts:recipe", { live });
    if (!large() && !(state.mode === "morph" && live)) draw({ live });
    else emit("prompts:stale", true);
  }

  // What a prompt means is asked beside the drawings, on a line of its own.
  function read({ now = true } = {}) {
    clearTimeout(read.timer);
    read.timer = setTimeout(() => {
      if (!reader) return;
      readText = [...state.recipe.prompt].slice(0, 4000).join("");
      reader.props.value = { text: readText, model: state.recipe.model, ticket: ++readTicket };
      reader.trigger("read");
    }, now ? 0 : TYPING);
  }

  const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0];

  function reroll() {
    if (state.locked) return emit("prompts:say", { text: "The seed is locked. Unlock it for another picture." });
    change({ seed: randomSeed() });
    if (large()) draw();
  }

  const visible = () => Boolean(document.getElementById("prompts")?.offsetParent);
  const show = () => [...document.querySelectorAll("#tabs > .tab-wrapper button[role=tab]")].find((tab) => tab.textContent.trim() === TAB)?.click();

  // --- pictures and links from elsewhere --------------------------------------------------------------------------

  function enter(content) {
    show();
    if (!state.opened) return (state.entrance = content);
    ask("draw", { kind: "draw", ...content });
  }

  // Whether a link's recipe is one of this tab's; then the tab opens with it.
  function open(link) {
    try {
      const bytes = Uint8Array.from(atob(link.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
      if (!["text", "stable-diffusion"].includes(JSON.parse(new TextDecoder().decode(bytes)).model)) return false;
    } catch {
      return false; // the server says what is wrong with it
    }
    latentscape.ask.draw();
    enter({ link });
    return true;
  }

  // Whether a file is a picture that was drawn from a prompt; then it is drawn again.
  async function restore(file) {
    const bytes = await file.slice(0, 65536).arrayBuffer().catch(() => new ArrayBuffer(0)); // a folder, say
    const head = new TextDecoder("latin1").decode(bytes);
    if (head.slice(1, 4) !== "PNG" || !/"model":"(text|stable-diffusion)"/.test(head)) return false;
    const uri = await new Promise((resolve, reject) => {
      const reading = new FileReader();
      reading.onload = () => resolve(reading.result);
      reading.onerror = () => reject(reading.error);
      reading.readAsDataURL(file);
    });
    enter({ png: uri });
    return true;
  }

  part("prompts-reader", (handle) => {
    reader = handle;
    handle.watch("value", () => {
      const answer = handle.props.value;
      if (answer?.ticket === readTicket && answer.known) emit("prompts:read", { ...answer, text: readText });
    });
    if (state.recipe) read();
  });

  on("prompts:ready", () =>
    ask("open", { kind: "open" }, { then: () => (state.entrance ? enter(state.entrance) : draw()) }));
  on("prompts:finished", ({ request }) => request.then?.());

  latentscape.prompts = {
    state, ask, draw, change, read, reroll, randomSeed, stop, receive, failed, large, model, visible, open, restore,
    connect(handle) {
      wire = handle;
      pump();
    },
    get busy() {
      return current;
    },
    get calm() {
      return (!current || current.slot === "explain") && !waiting.draw; // nobody waits for a drawing
    },
    get idle() {
      return !current && !ORDER.some((slot) => waiting[slot]);
    },
  };
})();
