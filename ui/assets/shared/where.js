// Where the pictures of a visitor go: the server is their own machine, or another one, such as a Space.
const LOCAL = ["localhost", "127.0.0.1", "[::1]", ""];

/** A sentence about one picture, or about several. */
export function whereItGoes({ several = false, until = "not kept", host = location.hostname } = {}) {
  const place = LOCAL.includes(host) ? "on this machine" : `on the server of this page, ${host},`;
  return `${several ? "They are" : "It is"} processed ${place} and ${until}.`;
}
