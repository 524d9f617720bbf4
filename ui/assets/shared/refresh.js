/** Controls that are brought up to date together: {whenRefreshed, refresh}. */
export function makeRefresher() {
  const refreshers = [];
  return {
    whenRefreshed: (refresher) => refreshers.push(refresher),
    refresh: () => refreshers.forEach((refresher) => refresher()),
  };
}
