// Tabs in an address: "Latent map" is #latent-map, with what is set there #latent-map?space=vae; the first tab has none.
const FIRST = "Faces";

const slug = (title) => title.toLowerCase().replaceAll(" ", "-");
const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The address with the tab in it.
 * @param {string} href
 * @param {string} title
 * @param {Record<string, any>} [settings] plain values
 */
export function addressOf(href, title, settings = {}) {
  const url = new URL(href);
  const pairs = Object.entries(settings).map(([name, value]) => [name, written(value)]);
  const query = pairs.length ? `?${new URLSearchParams(pairs)}` : "";
  url.hash = title === FIRST ? "" : slug(title) + query;
  return url.href;
}

/** The title that a hash names among those that there are; empty for none. @param {string} hash @param {string[]} titles */
export const tabOf = (hash, titles) =>
  titles.find((title) => title !== FIRST && `#${slug(title)}` === hash.split("?")[0]) || "";

/** The settings that a hash names. @param {string} hash @returns {Record<string, any>} */
export const settingsOf = (hash) =>
  Object.fromEntries([...new URLSearchParams(hash.split("?")[1] || "")].map(([name, text]) => [name, read(text)]));
