// Pictures go from tab to tab: from the Faces canvas to the lab, and from the lab to the Faces editor.
(() => {
  const { after, el, icon, lab, session } = latentscape;

  function openTab(name) {
    [...document.querySelectorAll("#tabs > .tab-wrapper button[role=tab]")].find((tab) => tab.textContent.trim() === name)?.click();
  }

  // The picture as large as the page has it; the editor crops and reads it like any photo.
  async function editInFaces(id) {
    const views = Object.entries(lab.row(id).views).sort(([a], [b]) => b - a);
    const blob = await (await fetch(views[0][1])).blob();
    openTab("Faces");
    latentscape.editPhoto(blob);
  }

  function send() {
    const entry = session.shown;
    const face = entry?.faces[entry.selected] || entry?.faces[0];
    if (!face?.picture) return;
    const name = entry.kind === "edit" ? "edited photo" : `seed ${face.seed}`;
    openTab("Reconstruction");
    after(["lab-controls", "lab-canvas"], () => lab.addPicture(face.picture, name));
  }

  after(["faces-canvas"], () => {
    document.querySelector("#faces-canvas .stage-actions")?.append(
      el("button", { type: "button", class: "icon-button", id: "send-to-lab", title: "Send to Reconstruction", "aria-label": "Send to Reconstruction",
        onclick: send }, icon("compare")));
  });

  lab.editInFaces = editInFaces;
})();
