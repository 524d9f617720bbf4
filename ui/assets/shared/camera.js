// The camera, in a panel of its own: one photo, or none.
import { el } from "./dom.js";

const NO_CAMERA =
  "This browser gives no camera to this page, because it is not opened by https or from this machine. " +
  "Upload a photo instead; a phone offers its camera there, too.";
const CLOSED = "The camera could not be opened. Allow it for this page, or upload a photo.";

/** Asks for the front camera, or for the one with this id. */
async function stream(say, id = "") {
  if (!navigator.mediaDevices?.getUserMedia) {
    say({ text: NO_CAMERA, error: true });
    return null;
  }
  try {
    const video = id ? { deviceId: { exact: id } } : { facingMode: "user" };
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch {
    say({ text: CLOSED, error: true });
    return null;
  }
}

async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput").map((device) => device.deviceId);
}

// The video as one sees it in a mirror, unless the camera looks away; the photo is never mirrored.
function makeView() {
  const video = el("video", { autoplay: true, playsinline: true, muted: true });
  let seen = null;
  const stop = () => seen?.getTracks().forEach((track) => track.stop());
  const settings = () => seen.getVideoTracks()[0].getSettings();

  function show(next) {
    stop();
    seen = video.srcObject = next;
    video.toggleAttribute("data-mirrored", settings().facingMode !== "environment");
  }

  function photo(take) {
    const frame = el("canvas", { width: video.videoWidth, height: video.videoHeight });
    frame.getContext("2d").drawImage(video, 0, 0);
    frame.toBlob((blob) => take(new File([blob], "camera.png", { type: "image/png" })), "image/png");
  }
  return { video, show, stop, photo, id: () => settings().deviceId };
}

/**
 * Opens the camera in `panel` and gives the photo, as a PNG file, to `take`.
 * @returns {Promise<() => void>} closes the camera
 */
export async function openCamera(panel, { take, say }) {
  if (panel.querySelector(".camera")) return () => {};
  const first = await stream(say);
  if (!first) return () => {};
  const view = makeView();
  view.show(first);
  const close = () => {
    view.stop();
    box.remove();
  };
  const shoot = () => {
    view.photo(take);
    close();
  };
  const other = async () => {
    const ids = await cameras();
    view.stop(); // a phone opens one camera at a time
    const next = await stream(say, ids[(ids.indexOf(view.id()) + 1) % ids.length]);
    if (!next) return close();
    view.show(next);
  };
  const button = (words, onclick, name = "button") => el("button", { type: "button", class: name, onclick }, words);
  const shutter = button("Take photo", shoot, "primary");
  shutter.disabled = true;
  view.video.addEventListener("loadeddata", () => (shutter.disabled = false), { once: true });
  const change = (await cameras()).length > 1 && button("Other camera", other);
  const box = el(
    "div",
    { class: "camera" },
    view.video,
    el("div", { class: "button-row" }, shutter, change, button("Cancel", close)),
  );
  panel.append(box);
  return close;
}
