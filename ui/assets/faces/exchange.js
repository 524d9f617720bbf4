// Pictures that come from other tabs, and the face on the canvas, which goes to them.
import { after } from "../shared/components.js";
import { emit } from "../shared/events.js";
import { sendButtons, takes } from "../shared/send.js";
import { editPhoto } from "./photo.js";
import { change, state } from "./state.js";

takes("faces", async ({ uri, recipe }) => {
  if (!recipe) return editPhoto(await (await fetch(uri)).blob());
  emit("faces:mode", "draw");
  change({ ...recipe });
});

// The face on the canvas.
function shown() {
  const entry = state.shown;
  const face = entry?.faces[entry.selected] || entry?.faces[0];
  return { uri: face?.picture || entry?.before, name: entry?.kind === "edit" ? "edited photo" : `seed ${face?.seed}` };
}

after(["faces-canvas"], () => {
  const toolbar = document.querySelector("#faces-canvas .stage-actions");
  for (const button of sendButtons("faces", shown)) {
    button.id = `send-to-${button.dataset.send}`;
    toolbar?.append(button);
  }
});
