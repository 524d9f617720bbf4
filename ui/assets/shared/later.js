// The modules of the tabs that are not seen first: fetched when a tab is opened, or is about to be.
//
// The head of the page (ui/theme.py) names them by links that fetch nothing yet, each with its tab's folder.
const folders = {}; // a tab's folder -> Promise of its modules

// All at once: by itself a browser learns of a module's imports only when it has read it.
function fetchAll(folder, load) {
  for (const link of document.querySelectorAll(`link[data-tab="${folder}"]`)) link.rel = "modulepreload";
  return load(folder);
}

/**
 * Fetches a tab's modules, once; after a failure, once more.
 * @param {string} folder
 * @param {(folder: string) => Promise<any>} load imports its `main.js`
 */
export function fetchTab(folder, load) {
  folders[folder] ||= fetchAll(folder, load).catch((error) => {
    delete folders[folder];
    throw error;
  });
  return folders[folder];
}
