// Line icons of 16 by 16 units.
import { el } from "./dom.js";

const paths = {
  lock: '<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
  unlock: '<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V4.5a2.5 2.5 0 0 1 4.9-.6"/>',
  reroll: '<path d="M13 8a5 5 0 1 1-1.6-3.7"/><path d="M13.2 2v3h-3"/>',
  download: '<path d="M8 2.5v7.5M4.8 7.2 8 10.3l3.2-3.1M3 13.5h10"/>',
  link:
    '<path d="M6.7 9.3a2.7 2.7 0 0 0 3.8 0l2-2a2.7 2.7 0 0 0-3.8-3.8l-.8.8M9.3 6.7a2.7 2.7 0 0 0-3.8 0l-2 2a2.7 2.7 0 0 0 3.8 3.8l.8-.8"/>',
  pixels: '<rect x="2.5" y="2.5" width="11" height="11"/><path d="M6.2 2.5v11M9.8 2.5v11M2.5 6.2h11M2.5 9.8h11"/>',
  enlarge: '<path d="M9.5 2.5h4v4M6.5 13.5h-4v-4M13.2 2.8 9 7M2.8 13.2 7 9"/>',
  stop: '<rect x="4" y="4" width="8" height="8" rx="1"/>',
  close: '<path d="m4 4 8 8M12 4l-8 8"/>',
  sun:
    '<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1"/>',
  moon: '<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z"/>',
  system: '<rect x="2" y="3" width="12" height="8" rx="1"/><path d="M6 13.5h4"/>',
  upload: '<path d="M8 10.5V3M4.8 5.8 8 2.7l3.2 3.1M3 13.5h10"/>',
  camera:
    '<rect x="2" y="4.5" width="12" height="8.5" rx="1"/><circle cx="8" cy="8.8" r="2.3"/><path d="M6 4.5 6.8 3h2.4l.8 1.5"/>',
  paste: '<rect x="3.5" y="3.5" width="9" height="10" rx="1"/><path d="M6 3.5V2.3h4v1.2"/>',
  search: '<circle cx="7" cy="7" r="4"/><path d="m10 10 3.5 3.5"/>',
  chevron: '<path d="m5 6.5 3 3 3-3"/>',
  compare: '<rect x="2" y="3.5" width="12" height="9" rx="1"/><path d="M8 2v12M4.5 6.2h1M4.5 9.8h1"/>',
  face: '<circle cx="8" cy="8" r="5.5"/><path d="M6 6.8v.4M10 6.8v.4M5.8 9.8c1.2 1.3 3.2 1.3 4.4 0"/>',
  map:
    '<circle cx="4" cy="11.5" r="1.3"/><circle cx="7.5" cy="5" r="1.3"/><circle cx="12" cy="9.5" r="1.3"/><circle cx="8" cy="12.5" r=".6"/><circle cx="12.5" cy="4" r=".6"/><circle cx="3.5" cy="6.5" r=".6"/>',
  eye:
    '<path d="M1.5 8C3 5.3 5.3 3.8 8 3.8S13 5.3 14.5 8C13 10.7 10.7 12.2 8 12.2S3 10.7 1.5 8Z"/><circle cx="8" cy="8" r="2"/>',
  generators:
    '<rect x="2.5" y="2.5" width="4.6" height="4.6" rx="0.6"/><rect x="8.9" y="2.5" width="4.6" height="4.6" rx="0.6"/><rect x="2.5" y="8.9" width="4.6" height="4.6" rx="0.6"/><rect x="8.9" y="8.9" width="4.6" height="4.6" rx="0.6"/>',
  plus: '<path d="M8 3.5v9M3.5 8h9"/>',
  brush:
    '<path d="M13.3 2.7 7.6 8.9M6 8.6c1.6-.2 2.6 1 2.2 2.5-.5 1.9-3 2.6-5.5 2 1.1-.5 1-1.2 1.2-2.2.2-1.2 1-2.1 2.1-2.3Z"/>',
  inside: '<rect x="2.5" y="6.5" width="7" height="7" rx="1"/><path d="M5 4.2h6.8V11M7.5 2h6.5v6.5"/>',
  code: '<path d="m5.5 4.5-3.5 3.5 3.5 3.5M10.5 4.5l3.5 3.5-3.5 3.5"/>',
  book:
    '<path d="M8 4.2C6.6 3.2 4.6 3 2.5 3v9.2c2.1 0 4.1.2 5.5 1.3 1.4-1.1 3.4-1.3 5.5-1.3V3c-2.1 0-4.1.2-5.5 1.2ZM8 4.2v9.3"/>',
  help: '<circle cx="8" cy="8" r="5.8"/><path d="M6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.2v.2"/>',
  warning: '<path d="M8 2.5 14 13H2L8 2.5ZM8 6.8v2.8M8 11.2v.3"/>',
};

export function icon(name) {
  const span = el("span", { class: "icon", "aria-hidden": "true" });
  span.innerHTML = `<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor"
    stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round">${paths[name]}</svg>`;
  return span;
}
