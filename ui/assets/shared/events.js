// Events between modules: a module says what happened, and whoever needs to know listens.
const listeners = {};

/** @returns {() => void} stops listening */
export function on(name, listener) {
  (listeners[name] ||= []).push(listener);
  return () => (listeners[name] = listeners[name].filter((other) => other !== listener));
}

// A listener that fails does not keep the event from the others; `reportError` brings its exception to the console.
export function emit(name, data) {
  for (const listener of listeners[name] || []) {
    try {
      listener(data);
    } catch (error) {
      reportError(error);
    }
  }
}
