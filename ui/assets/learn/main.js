// What explains the page: definitions beside their words, the glossary, the help, and the lessons.
import { openMenu } from "./menu.js";
import { openLesson } from "./player.js";

export { define } from "./definition.js";
export { openGlossary } from "./glossary.js";
export { openHelp } from "./help.js";
export { openLesson };
export const openLessons = () => openMenu(openLesson);
