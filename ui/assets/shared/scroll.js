/** Lets the wheel scroll a strip sideways, where there is more than fits. */
export function letWheelScroll(strip) {
  strip.addEventListener("wheel", (event) => {
    if (!event.deltaY || strip.scrollWidth <= strip.clientWidth) return;
    strip.scrollLeft += event.deltaY;
    event.preventDefault();
  }, { passive: false });
}
