import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, type Place, preparePlatform } from './contenders.ts';
import { inDirectory } from './processes.ts';
import { Subscriber } from './subscriber.ts';

/** Readings that the source hands over, 250 a second. */
export const NUMBERED = 8000;
const TICK_MS = 20;
const PER_TICK = 5;
const OUTAGE = { fromMs: 1000, untilMs: 31_000 } as const;
/** Halfway between two commits of either profile: what they lose on average. */
const KILL_MS = 17_500;
/** When nothing has come for so long, nothing comes any more: longer than anybody's longest wait to connect. */
const SILENCE_MS = 60_000;

/** What strikes the contenders. */
export type Fault = 'outage' | 'kill';

/** What became of one contender's readings. */
export interface Loss {
  readonly lost: number;
  /** Of these, what it had said it had kept. */
  readonly keptAndLost: number;
}

/** All contenders at the same time, each with a source of its own, at one platform: what strikes one strikes all. */
export function losses(
  faults: readonly Fault[],
  packages: string,
  enter: (place: Place) => Promise<readonly Contender[]>,
): Promise<ReadonlyMap<string, Loss>> {
  return inDirectory(async (directory) => {
    const platform = await preparePlatform(directory);
    await platform.start();
    const delivered = new Map<string, Set<number>>();
    let lastNewAt = Date.now();
    const subscriber = new Subscriber(platform.port, ({ owner, value }) => {
      const numbers = delivered.get(owner) ?? new Set();
      if (!numbers.has(value)) lastNewAt = Date.now();
      delivered.set(owner, numbers.add(value));
    });
    await subscriber.ready();
    const contenders = await enter({ directory, platform: platform.port, packages });
    try {
      await Promise.all([
        ...contenders.map((contender) => streamed(contender, faults)),
        ...(faults.includes('outage') ? [outage(platform)] : []),
      ]);
      lastNewAt = Date.now();
      const isAllThere = () => contenders.every(({ name }) => delivered.get(name)?.size === NUMBERED);
      while (!isAllThere() && Date.now() - lastNewAt < SILENCE_MS) await sleep(100);
    } finally {
      await Promise.all(contenders.map((contender) => contender.kill()));
      await subscriber.end();
      await platform.end();
    }
    return new Map(contenders.map((contender) => [contender.name, lossOf(contender, delivered.get(contender.name))]));
  });
}

async function outage(platform: { start(): Promise<void>; end(): Promise<void> }): Promise<void> {
  await sleep(OUTAGE.fromMs);
  await platform.end();
  await sleep(OUTAGE.untilMs - OUTAGE.fromMs);
  await platform.start();
}

/** Hands over every number at its time; the source waits only while there is nobody to hand it to. */
async function streamed(contender: Contender, faults: readonly Fault[]): Promise<void> {
  await contender.start();
  let dueAt = performance.now();
  const killAt = faults.includes('kill') ? dueAt + KILL_MS : Number.POSITIVE_INFINITY;
  let isKilled = false;
  for (let handed = 0; handed < NUMBERED; handed += PER_TICK) {
    if (!isKilled && performance.now() >= killAt) {
      isKilled = true;
      await contender.kill();
      await contender.start();
      dueAt = performance.now();
    }
    for (let one = 1; one <= PER_TICK; one += 1) contender.hand(handed + one);
    dueAt += TICK_MS;
    await sleep(Math.max(0, dueAt - performance.now()));
  }
}

function lossOf({ kept }: Contender, delivered: ReadonlySet<number> = new Set()): Loss {
  const missing = Array.from({ length: NUMBERED }, (_, index) => index + 1).filter((one) => !delivered.has(one));
  return { lost: missing.length, keptAndLost: missing.filter((one) => kept.has(one)).length };
}
