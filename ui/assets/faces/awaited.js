// A recipe that edits a photo, which no recipe holds: what it changed, put on the photo when somebody adds it.

/**
 * @param {{attributes: Record<string, number>, edit: {base: Record<string, number>}}} recipe
 * @param {Record<string, number>} base the attributes of the photo that was added
 * @returns {Record<string, number>} of the same photo the recipe's own attributes
 */
export function changedLike({ attributes, edit }, base) {
  const changed = { ...base };
  for (const name of new Set([...Object.keys(attributes), ...Object.keys(edit.base)])) {
    if (attributes[name] === edit.base[name]) continue;
    if (attributes[name]) changed[name] = attributes[name];
    else delete changed[name];
  }
  return changed;
}
