// Pictures that come onto the table: chosen, photographed, pasted, dropped, or sent by another tab.
import { openCamera } from "../shared/camera.js";
import { pastedPicture } from "../shared/clipboard.js";
import { emit } from "../shared/events.js";
import { LARGEST } from "../shared/files.js";
import { takeFiles } from "../shared/intake.js";
import { takes } from "../shared/send.js";
import { changeTable } from "./requests.js";
import { state, visible } from "./state.js";

const MOST = 64; // files at once
let upload = null; // File -> {path}, kept by the server for this visitor

const say = (words) => emit("reconstruction:say", words);
const busy = (words) => emit("reconstruction:intake", words);

function problem(name, reason) {
  state.problems.push({ name, reason });
  emit("reconstruction:problems");
}

async function sendFile(file) {
  if (file.size > LARGEST) {
    return problem(file.name, "Larger than 20 MB. Choose a smaller file, or split the zip.");
  }
  if (!file.size) return problem(file.name, "The file is empty.");
  try {
    return (await upload(file)).path;
  } catch {
    return problem(file.name, "It did not reach the server. Check the connection and add it again.");
  }
}

/** Pictures and zips; each that cannot even be sent is named like those that the server could not read. */
export async function addFiles(files) {
  busy(files.length === 1 ? `Adding ${files[0].name || "a picture"}` : `Adding ${files.length} files`);
  const paths = [];
  for (const file of files.slice(0, MOST)) {
    const path = await sendFile(file);
    if (path) paths.push(path);
  }
  if (files.length > MOST) {
    problem(`${files.length - MOST} more files`, `At most ${MOST} at once. Put them into a zip, or add them next.`);
  }
  if (!paths.length) return busy("");
  changeTable({ kind: "add", paths, align: state.align }, ({ error }) => {
    if (error) problem(files.length === 1 ? files[0].name : "Upload", error);
    busy("");
  });
}

/** A picture that the page has already, as a data URI. */
export const addPicture = (uri, name) => changeTable({ kind: "add", added: { uri, name } });

export async function paste() {
  const picture = await pastedPicture(say);
  if (picture) addFiles([picture]);
}

export const camera = (panel) => openCamera(panel, { say, take: (photo) => addFiles([photo]) });

export const connectUpload = (handle) => (upload = handle.upload);

takeFiles({ visible, words: () => "Drop pictures or a zip to reconstruct them", take: addFiles });
takes("reconstruction", ({ uri, name }) => addPicture(uri, name));
