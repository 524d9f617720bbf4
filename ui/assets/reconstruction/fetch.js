// Downloads of models that are not here: a line of its own, so that nobody's pictures wait for it.
(() => {
  const { part, emit, lab } = latentscape;
  let wire = null;
  let ticket = 0;

  const mega = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

  function fetchModel(key) {
    lab.state.fetching = { key, words: "Starting" };
    wire.props.value = { model: key, ticket: ++ticket };
    wire.trigger("fetch");
    emit("lab:models");
  }

  function receive(message) {
    if (!message || message.ticket !== ticket || !("last" in message)) return;
    if (message.total) lab.state.fetching = { ...lab.state.fetching, words: `${mega(message.done)} of ${mega(message.total)} MB` };
    if (message.error) emit("lab:say", { text: message.error, error: true });
    if (message.last) {
      lab.state.fetching = null;
      lab.ask({ kind: "models" });
    }
    emit("lab:models");
  }

  part("lab-fetch", (handle) => {
    wire = handle;
    handle.watch("value", () => receive(handle.props.value));
  });

  Object.assign(lab, { fetchModel, endFetch: () => wire.trigger("cancel"), fetchFailed: () =>
    receive({ ticket, last: true, error: "The download could not be started. Try again in a moment." }) });
})();
