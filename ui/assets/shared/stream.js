// Keeps Gradio's stream of responses open while somebody is at work.
//
// The server closes the stream when it owes no response; a request that is sent before the page has heard of it finds
// the stream "open", opens none, and is done without anybody listening. Gradio 6.31 still does so: its client opens a
// stream only while none is open (`stream_status` in its JavaScript), its server ends one when the last event is done
// (`sse_stream` in gradio/routes.py). gradio-app/gradio#7921 was a part of it; gradio-app/gradio#11248, open, asks for
// streams that are taken up again. So a request without a response, which the server keeps for a while, goes along with
// whoever is at work. Should a response be lost all the same, any later request opens the stream again and brings what
// was missed: some more follow when the page has been quiet.
const FRESH = 10000; // milliseconds; the server holds the request for twice that (LISTENING in ui/shell.py)
const QUIET = 4000;
const LONGEST = 32000;
let listen = null;
let since = -FRESH;
let quiet = 0;

function listenNow() {
  if (!listen) return;
  since = performance.now();
  listen();
}

// To be called with every request.
export function keepStreamOpen(wait = QUIET) {
  if (performance.now() - since > FRESH) listenNow();
  clearTimeout(quiet);
  quiet = setTimeout(() => {
    listenNow();
    if (wait < LONGEST) keepStreamOpen(2 * wait);
  }, wait);
}

// `send` sends the request that has no response.
export const listenBy = (send) => (listen = send);
