import { withCard } from './card.ts';
import { alike } from './load-part.ts';
import { runLoad, withBroker } from './processes.ts';
import { type Measured, notMeasured } from './row.ts';

/** Bytes that reach a block device of its own, checkpoints and clearing away included; the clock runs 20 times faster. */
export async function blockBytes(): Promise<Measured> {
  const what = 'block-device bytes per reading at 20 readings/s, 5 s commit';
  const value = await bytesPerReading().catch(notMeasured);
  return { rows: [{ what, value, goal: '≤ 450' }] };
}

function bytesPerReading(): Promise<string> {
  return withCard(async ({ directory, written }) => {
    const load = { directory, loads: alike(4, 1), commitMs: 5000, speed: 20, batches: 'backlog' } as const;
    let before = 0;
    const result = await withBroker((port) =>
      runLoad(
        { ...load, port, warmUpSeconds: 5, seconds: 90 },
        {
          began: () => {
            before = written();
          },
        },
      ),
    );
    return ((written() - before) / result.readings).toFixed(0);
  });
}
