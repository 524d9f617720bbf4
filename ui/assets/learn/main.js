// What explains the page: definitions beside their words, the glossary, and the help.
export { define } from "./definition.js";
export { openGlossary } from "./glossary.js";
export { openHelp } from "./help.js";
