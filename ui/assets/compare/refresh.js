import { makeRefresher } from "../shared/refresh.js";

export const { whenRefreshed, refresh } = makeRefresher();
