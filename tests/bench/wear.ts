import type { Durability } from './bench-gateway.ts';
import { withCard } from './card.ts';
import type { LoadOptions } from './load-gateway.ts';
import { alike, READINGS } from './load-part.ts';
import { freePort, runLoad, withBroker } from './processes.ts';
import { type Measured, notMeasured, type Row } from './row.ts';

/** The reference village: ten readings per second from 24 devices. */
const DEVICES = 24;
const PER_SECOND = 10 / READINGS / DEVICES;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/** An hour in three minutes. What it writes must not depend on that: see for yourself with another speed. */
const SPEED = Number(process.env['WEAR_SPEED'] ?? 20);
const WARM_UP_SECONDS = 600;
/** The profile of an SD card. */
const COMMIT_MS = 5000;

/** How the outbox is told to keep, and what a day may write with the link up and down, in MB. */
const MODES = [
  { durability: 'commit', up: 700, down: 700 },
  { durability: 'after-ack', up: 1, down: 700 },
] as const;

/** What a day of the reference village writes to its card, extrapolated from an hour; 5 s between two commits. */
export async function wear(): Promise<Measured> {
  const rows: Row[] = [];
  for (const { durability, up, down } of MODES) {
    for (const link of ['up', 'down'] as const) {
      const what = `MB per day on the card, link ${link}, durability ${durability}`;
      const goal = link === 'up' ? up : down;
      try {
        const { bytes, readings } = await hour(durability, link);
        rows.push({ what, value: (((bytes / HOUR_SECONDS) * DAY_SECONDS) / 1e6).toFixed(0), goal: `≤ ${goal}` });
        rows.push({ what: '  block-device bytes per reading', value: (bytes / readings).toFixed(0), goal: '' });
      } catch (cause) {
        rows.push({ what, value: notMeasured(cause), goal: `≤ ${goal}` });
      }
    }
  }
  return { rows };
}

function hour(durability: Durability, link: 'up' | 'down'): Promise<{ bytes: number; readings: number }> {
  return withCard(async ({ directory, written }) => {
    const run = async (port: number): Promise<{ bytes: number; readings: number }> => {
      const options: LoadOptions = {
        directory,
        port,
        loads: alike(DEVICES, PER_SECOND),
        commitMs: COMMIT_MS,
        batches: 'backlog',
        durability,
        speed: SPEED,
        warmUpSeconds: WARM_UP_SECONDS / SPEED,
        seconds: HOUR_SECONDS / SPEED,
      };
      let before = 0;
      const { keptReadings } = await runLoad(options, () => {
        before = written();
      });
      return { bytes: written() - before, readings: keptReadings };
    };
    return link === 'up' ? withBroker(run) : run(await freePort());
  });
}
