// This visitor's name, a secret of this browser tab: what was brought or begun is found again when the page is reloaded.
const KEY = "latentscape-visitor";
const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
let name = "";

function known() {
  if (name) return name;
  name = fresh().join("");
  try {
    name = sessionStorage.getItem(KEY) || name;
    sessionStorage.setItem(KEY, name);
  } catch {
    // a browser without storage begins anew with every load
  }
  return name;
}

/** What a request says of who sends it (ui/styles/visits.py). */
export const whose = () => ({ visitor: known() });
