import type { ClockState } from '../../model/observation.ts';
import type { Clock } from '../clock.ts';

// A timer longer than this fires at once (Node.js documentation, "setTimeout").
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The board's clocks. `state` is told by whoever watches the synchronisation. */
export function systemClock(state: () => ClockState): Clock {
  return {
    now: () => Date.now(),
    uptimeMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    state,
    sleep,
  };
}

/** Not `node:timers/promises`: with a signal that takes a third more of the processor, and a gateway does little else. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}
