// Tabs in an address: "Latent map" is #latent-map; the first tab has none.
const FIRST = "Faces";

const slug = (title) => title.toLowerCase().replaceAll(" ", "-");

/** The address with the tab in it. @param {string} href @param {string} title */
export function addressOf(href, title) {
  const url = new URL(href);
  url.hash = title === FIRST ? "" : slug(title);
  return url.href;
}

/** The title that a hash names among those that there are; empty for none. @param {string} hash @param {string[]} titles */
export const tabOf = (hash, titles) => titles.find((title) => title !== FIRST && `#${slug(title)}` === hash) || "";
