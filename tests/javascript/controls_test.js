import { isEnter } from "../../ui/assets/shared/controls.js";

const key = (more) => ({ key: "Enter", isComposing: false, keyCode: 13, ...more });

Deno.test("Enter submits by itself, and not while an input method composes", () => {
  const answers = [{}, { isComposing: true }, { keyCode: 229 }, { key: "a" }].map((more) => isEnter(key(more)));
  if (answers.join() !== "true,false,false,false") throw new Error(answers.join());
});
