// A finger that swipes over a slider means to scroll. The browser has moved the slider by the time it knows: it goes back.
const SLIDER = "input[type=range]";
const held = new Map(); // a pointer's id -> {slider, value} as they were when it came down

function down({ target, pointerId, pointerType }) {
  if (pointerType !== "touch" || !(target instanceof HTMLInputElement) || !target.matches(SLIDER)) return;
  held.set(pointerId, { slider: target, value: target.value });
}

// The browser takes the pointer for scrolling.
function taken({ pointerId }) {
  const { slider, value } = held.get(pointerId) || {};
  held.delete(pointerId);
  if (!slider || slider.value === value) return;
  slider.value = value;
  for (const name of ["input", "change"]) slider.dispatchEvent(new Event(name, { bubbles: true }));
}

addEventListener("pointerdown", down, true);
addEventListener("pointerup", ({ pointerId }) => held.delete(pointerId), true);
addEventListener("pointercancel", taken, true);
