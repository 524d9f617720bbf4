// The camera, in a panel of its own: one photo, or none.
import { el } from "./dom.js";

async function stream(say) {
  if (!navigator.mediaDevices?.getUserMedia) {
    say({ text: "This browser gives no camera to this page (it needs https or localhost).", error: true });
    return null;
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  } catch {
    say({ text: "The camera could not be opened. Allow it for this page, or upload a photo.", error: true });
    return null;
  }
}

/**
 * Opens the camera in `panel` and gives the photo, as a PNG file, to `take`.
 * @returns {Promise<() => void>} closes the camera
 */
export async function openCamera(panel, { take, say }) {
  if (panel.querySelector(".camera")) return () => {};
  const seen = await stream(say);
  if (!seen) return () => {};
  const video = el("video", { autoplay: true, playsinline: true, muted: true });
  video.srcObject = seen;
  const close = () => {
    seen.getTracks().forEach((track) => track.stop());
    box.remove();
  };
  const shoot = () => {
    const frame = el("canvas", { width: video.videoWidth, height: video.videoHeight });
    frame.getContext("2d").drawImage(video, 0, 0);
    close();
    frame.toBlob((blob) => take(new File([blob], "camera.png", { type: "image/png" })), "image/png");
  };
  const shutter = el("button", { type: "button", class: "primary", disabled: true, onclick: shoot }, "Take photo");
  video.addEventListener("loadeddata", () => (shutter.disabled = false), { once: true });
  const cancel = el("button", { type: "button", class: "button", onclick: close }, "Cancel");
  const box = el("div", { class: "camera" }, video, el("div", { class: "button-row" }, shutter, cancel));
  panel.append(box);
  return close;
}
