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
  { durability: 'commit', link: 'up', mostMB: 700 },
  { durability: 'commit', link: 'down', mostMB: 700 },
  { durability: 'after-ack', link: 'up', mostMB: 1 },
  { durability: 'after-ack', link: 'down', mostMB: 700 },
] as const;

type Mode = (typeof MODES)[number];

/** What was written in an hour, in bytes on the device. */
interface Written {
  readonly bytes: number;
  readonly readings: number;
  /** By the stop after it: what was left to keep, and the log emptied into the file. */
  readonly stopBytes: number;
  /** To a card beside it that nobody used. */
  readonly idleBytes: number;
}

/** What a day of the reference village writes to its card, extrapolated from an hour; 5 s between two commits. */
export async function wear(): Promise<Measured> {
  const rows: Row[] = [];
  for (const mode of MODES) {
    const { durability, link, mostMB } = mode;
    const what = `MB per day on the card, link ${link}, durability ${durability}`;
    const goal = `≤ ${mostMB}`;
    try {
      const { bytes, readings, stopBytes, idleBytes } = await hour(mode);
      rows.push({ what, value: ((bytes / HOUR_SECONDS) * (DAY_SECONDS / 1e6)).toFixed(1), goal });
      rows.push({ what: '  block-device bytes per reading', value: (bytes / readings).toFixed(2), goal: '' });
      rows.push({ what: '  kB that the stop wrote after that', value: (stopBytes / 1e3).toFixed(0), goal: '' });
      rows.push({
        what: '  kB written to a card beside it that was idle',
        value: (idleBytes / 1e3).toFixed(0),
        goal: '',
      });
    } catch (cause) {
      rows.push({ what, value: notMeasured(cause), goal });
    }
  }
  return { rows };
}

function hour(mode: Mode): Promise<Written> {
  return withCard((idle) =>
    withCard(async ({ directory, written }) => {
      const at = { began: [0, 0], ended: [0, 0] };
      const look = () => [written(), idle.written()];
      const run = (port: number) =>
        runLoad(loadOf(mode, { directory, port }), {
          began: () => {
            at.began = look();
          },
          ended: () => {
            at.ended = look();
          },
        });
      const { keptReadings } = await (mode.link === 'up' ? withBroker(run) : run(await freePort()));
      const [bytes = 0, idleBytes = 0] = at.ended.map((ended, card) => ended - (at.began[card] ?? 0));
      return { bytes, readings: keptReadings, stopBytes: written() - (at.ended[0] ?? 0), idleBytes };
    }),
  );
}

function loadOf({ durability, link }: Mode, where: Pick<LoadOptions, 'directory' | 'port'>): LoadOptions {
  // The broker's answers come in real time, however fast the clock runs: they may take as long as they might.
  const isAnswered = durability === 'after-ack' && link === 'up';
  return {
    ...where,
    loads: alike(DEVICES, PER_SECOND),
    commitMs: isAnswered ? COMMIT_MS * SPEED : COMMIT_MS,
    batches: 'backlog',
    durability,
    speed: SPEED,
    warmUpSeconds: WARM_UP_SECONDS / SPEED,
    seconds: HOUR_SECONDS / SPEED,
  };
}
