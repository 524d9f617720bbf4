// Every control of the tab is brought up to date when something has changed.
import { makeRefresher } from "../shared/refresh.js";

export const { whenRefreshed, refresh } = makeRefresher();
