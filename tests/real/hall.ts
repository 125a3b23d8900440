import type { Received } from '../support/broker.ts';
import { isWhole, observationsIn, statesIn } from '../support/capture.ts';
import type { Child } from '../support/child.ts';
import { dorpel, writeConfig } from '../support/gateway.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** What a subscriber has seen so far. */
export interface Feed {
  readonly received: readonly Received[];
}

/** A gateway with two simulated parts, each measured every second. */
export interface Hall {
  readonly gateway: Child;
  /** Ends it, starts it again, and waits until each subscriber has every number up to the heads that it had. */
  endWhole(...feeds: readonly Feed[]): Promise<void>;
}

/** Starts a hall that keeps its data in `folder`. */
export function runHall(uplinks: Readonly<Record<string, object>>, folder = temporaryDirectory()): Hall {
  const config = writeConfig(folder, {
    buses: { 'i2c-1': { kind: 'i2c', path: '/dev/i2c-1' } },
    devices: {
      hall: { driver: 'sht4x', bus: 'i2c-1', address: 0x44, period: '1s' },
      stage: { driver: 'sht4x', bus: 'i2c-1', address: 0x45, period: '1s' },
    },
    uplinks,
  });
  const run = () => dorpel('run', '--simulate', '--config', config);
  const gateway = run();
  return {
    gateway,
    endWhole: async (...feeds) => {
      const ending = feeds.map((feed) => ({ feed, before: statesIn(feed.received).length }));
      await gateway.end('SIGTERM');
      // What was under way at the end is told by the next run.
      run();
      for (const { feed, before } of ending) {
        const told = () => statesIn(feed.received).slice(before);
        const heads = await until('the heads', () => told().find((state) => state.heads)?.heads);
        await until('every number up to the heads has come', () => isWhole(feed.received, heads));
      }
    },
  };
}

/** Waits until `count` more observations have come. */
export async function moreOf(feed: Feed, count: number): Promise<void> {
  const before = observationsIn(feed.received).length;
  await until(`${count} more observations`, () => observationsIn(feed.received).length >= before + count);
}
