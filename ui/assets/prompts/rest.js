// When a drawing that follows the typing is worth remembering: once the words have rested, however long it takes.

const flat = (text) => text.trim().replace(/\s+/g, " ");

export class Rest {
  #resting = false;

  moved() {
    this.#resting = false;
  }

  rested() {
    this.#resting = true;
  }

  /**
   * @param {{live: boolean, recipe: {prompt: string}} | null} entry on the canvas
   * @param {string} prompt as it stands in its field
   * @param {boolean} calm no other drawing is on its way
   */
  isDue(entry, prompt, calm) {
    return this.#resting && calm && Boolean(entry?.live) && entry.recipe.prompt === flat(prompt);
  }
}
