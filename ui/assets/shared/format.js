// Numbers as people read them.
export const percent = (share) => `${Math.round(100 * share)} %`;
export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** With a true minus sign, and a plus if it is more than zero. */
export const signed = (x, digits = 2) => (x > 0 ? "+" : x < 0 ? "\u2212" : "") + Math.abs(x).toFixed(digits);

/** The strength of an attribute; 0 is unspecified, as its control says. */
export const strengthText = (x) => (x ? signed(x) : "any");

/** With a true minus sign. */
export const withMinus = (x, digits = 2) => (x < 0 ? "\u2212" : "") + Math.abs(x).toFixed(digits);
