import { setTimeout as wait } from 'node:timers/promises';
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
    sleep: (ms, signal) => wait(Math.min(ms, LONGEST_TIMER_MS), undefined, signal ? { signal } : {}),
  };
}
