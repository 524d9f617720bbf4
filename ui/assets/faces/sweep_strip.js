// Which of the sweep's tiles belong to the face on the canvas: each tile keeps what it was drawn for.

export class SweepStrip {
  #keys;

  /** @param {number} count tiles */
  constructor(count) {
    this.#keys = Array(count).fill("");
  }

  /** The first `count` tiles have been drawn for `key`. */
  drawn(count, key) {
    this.#keys.fill(key, 0, count);
  }

  isStale = (index, key) => this.#keys[index] !== key;

  isComplete = (key) => this.#keys.every((one) => one === key);
}
