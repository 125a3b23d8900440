// npm hands on the signal that Ctrl-C has already sent to the whole group: two signals at once are one request.
const SAME_REQUEST_MS = 500;

/** Aborted by SIGINT or SIGTERM; who asks again ends the program at once. */
export function askedToStop(uptimeMs: () => number): AbortController {
  const stop = new AbortController();
  let askedMs = 0;
  const asked = () => {
    if (!stop.signal.aborted) {
      askedMs = uptimeMs();
      stop.abort();
    } else if (uptimeMs() - askedMs > SAME_REQUEST_MS) process.exit(130);
  };
  process.on('SIGINT', asked);
  process.on('SIGTERM', asked);
  return stop;
}
