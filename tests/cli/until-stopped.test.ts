import { expect, it } from 'vitest';
import { untilStopped } from '../../src/cli/until-stopped.ts';
import type { Gateway } from '../../src/gateway.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { Vitals } from '../../src/health/vitals.ts';
import { StoreError } from '../../src/model/errors.ts';
import { demoConfig } from '../support/village.ts';

/** A gateway whose outbox fails, also when it is closed. */
function failing(): { gateway: Gateway; stops: () => number } {
  let stops = 0;
  const failure = new StoreError('outbox.db: database or disk is full', 'make room');
  const gateway: Gateway = {
    ended: Promise.reject(failure),
    status: () => Promise.reject(failure),
    history: () => undefined,
    read: () => undefined,
    buses: () => [],
    scan: () => undefined,
    onObservation: () => () => undefined,
    follow: () => Promise.reject(failure),
    config: demoConfig,
    vitals: new Vitals(new VirtualClock()),
    tryAgain: () => undefined,
    stop: () => {
      stops += 1;
      return Promise.reject(failure);
    },
  };
  return { gateway, stops: () => stops };
}

it('a gateway whose outbox fails says so, is stopped, and ends with exit code 1', async () => {
  const { gateway, stops } = failing();
  const said: string[] = [];
  const exit = await untilStopped(gateway, new AbortController().signal, (_, code, message) =>
    said.push(code, message),
  );
  expect(exit).toBe(1);
  expect(said).toEqual(['store-failed', 'outbox.db: database or disk is full; make room']);
  expect(stops()).toBe(1);
});
