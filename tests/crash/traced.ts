/** The program that is traced: one run of an outbox, as one of the scripts has it. Says on its standard output what it was promised. */
import { statSync, writeSync } from 'node:fs';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { NumberSet, type Range } from '../../src/model/number-set.ts';
import type { Outbox, Row } from '../../src/store/outbox.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { idsOf, leaseNow } from '../support/leasing.ts';
import { MARKS_FD } from './calls.ts';
import type { Mark, Numbers } from './ledger.ts';
import { observed, UPLINKS, WIDE } from './observed.ts';

type Uplink = (typeof UPLINKS)[number];

const [path = '', script = '', durability = '', memoryDirectory = ''] = process.argv.slice(2);
const isToldFirst = durability === 'after-ack';

const say = (mark: Mark) => writeSync(MARKS_FD, JSON.stringify(mark));

/** One run of the outbox, which says what it does and what it is promised. */
class Run {
  readonly #outbox: Outbox;
  readonly #numbers: Record<string, number>;

  constructor(outbox: Outbox, heads: Readonly<Record<string, number>>) {
    this.#outbox = outbox;
    this.#numbers = { ...heads };
  }

  /** So many observations of a device, at once; `meanwhile` before they are waited for. */
  async keep(device: string, count = 1, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    const first = (this.#numbers[device] ?? 0) + 1;
    const last = first + count - 1;
    this.#numbers[device] = last;
    const numbers = { [device]: [{ from: first, to: last }] };
    say({ is: 'begun', numbers });
    const appended = [];
    for (let number = first; number <= last; number += 1) appended.push(this.#outbox.append(observed(device, number)));
    await meanwhile();
    await Promise.all(appended);
    say({ is: 'kept', numbers });
  }

  /** As `keep`, with the platforms having it all before it is durable. */
  keepTelling(device: string, count: number, uplinks: readonly Uplink[] = UPLINKS): Promise<void> {
    return this.keep(device, count, async () => {
      for (const uplink of uplinks) await this.tell(uplink, count);
    });
  }

  remember(device: string, text: string): Promise<void> {
    return this.#outbox.memory(device).save(text);
  }

  /** Settles so many rows for every platform; with what is kept next, that is durable. */
  async settle(count: number): Promise<void> {
    for (const uplink of UPLINKS) await this.tell(uplink, count);
  }

  /** Tells a platform so many rows, or all there are, and settles them. */
  async tell(uplink: Uplink, count: number): Promise<void> {
    for (let left = count; left > 0 && (await this.#backlog(uplink)) > 0; ) left -= await this.#tellSome(uplink, left);
  }

  /** Tells so many rows, and never hears whether they have arrived. */
  async tellInVain(uplink: Uplink, count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (await this.#lease(uplink, left)).length;
    this.#outbox.release(uplink);
  }

  async stop(): Promise<void> {
    say({ is: 'stopping' });
    await this.#outbox.close();
    say({ is: 'stopped' });
  }

  /** Without a word to anybody. */
  die(): void {
    process.kill(process.pid, 'SIGKILL');
  }

  async #backlog(uplink: Uplink): Promise<number> {
    return (await this.#outbox.stats()).backlog[uplink] ?? 0;
  }

  async #tellSome(uplink: Uplink, count: number): Promise<number> {
    const rows = await this.#lease(uplink, count);
    say({ is: 'settled', uplink, ...this.#named(rows) });
    this.#outbox.acknowledge(uplink, idsOf(rows));
    return rows.length;
  }

  async #lease(uplink: Uplink, count: number): Promise<readonly Row[]> {
    // Said at once: what is ready may be on its way before a commit that waits has been made.
    const lease: Outbox['lease'] = async (...wanted) => {
      const rows = await this.#outbox.lease(...wanted);
      say({ is: 'leased', uplink, ...this.#named(rows) });
      return rows;
    };
    const asked = { lease, stats: () => this.#outbox.stats() };
    const live = await leaseNow(asked, uplink, 'live', count);
    return live.length > 0 ? live : leaseNow(asked, uplink, 'backlog', count);
  }

  #named(rows: readonly Row[]): { ids: readonly Range[]; numbers: Numbers; lost: Numbers } {
    const own = rows.filter(({ epoch }) => epoch === this.#outbox.epoch);
    return {
      ids: new NumberSet(rows.map(({ id }) => one(id))).ranges,
      numbers: byDevice(own, ({ sequence }) => [one(sequence)]),
      lost: byDevice(own, ({ kind, content }) => (kind === 'loss' ? (JSON.parse(content) as Range[]) : [])),
    };
  }
}

const one = (number: number): Range => ({ from: number, to: number });

function byDevice(rows: readonly Row[], rangesOf: (row: Row) => readonly Range[]): Numbers {
  const devices = [...new Set(rows.map(({ device }) => device))];
  const ranges = (name: string) => rows.filter(({ device }) => device === name).flatMap(rangesOf);
  return Object.fromEntries(devices.map((name) => [name, new NumberSet(ranges(name)).ranges]));
}

const scripts: Readonly<Record<string, (run: Run) => Promise<void>>> = {
  async first(run) {
    for (let n = 0; n < 3; n += 1) await run.keep('a');
    await run.remember('a', '4711');
    for (let n = 0; n < 3; n += 1) {
      await run.keep('a', 150);
      await run.keep('b', 50);
    }
    await run.settle(560);
    await run.keep('a');
    await run.keep('b', 20);
    await run.stop();
  },
  async killed(run) {
    await run.keep('a');
    await run.keep('b', 30);
    await run.remember('b', 'x'.repeat(1500));
    await run.settle(30);
    await run.tellInVain('city', 5);
    for (let n = 0; n < 3; n += 1) await run.keep('a', 2);
    run.die();
  },
  async second(run) {
    for (let n = 0; n < 3; n += 1) await run.keep('a');
    await run.settle(40);
    await run.keep('b', 5);
    await run.stop();
  },
  /** Up to the moment at which the log is full and is emptied into the file while the run goes on. */
  async crowded(run) {
    const isNearlyFull = () => statSync(`${path}-wal`).size > 3900 * 1048;
    for (let n = 0; n < 3; n += 1) await run.keep('b', 300);
    await run.settle(650);
    while (!isNearlyFull()) await run.keep(WIDE, 12);
    say({ is: 'watch' });
    for (let n = 0; n < 6; n += 1) await run.keep(WIDE, 12);
    for (let n = 0; n < 3; n += 1) await run.keep('a');
    run.die();
  },
  async short(run) {
    for (let n = 0; n < 2; n += 1) await run.keep('a');
    await run.keep('b', 10);
    await run.stop();
  },
  /** Nothing is written while the platforms take all, but numbers; more of them than are reserved at once. */
  async told(run) {
    await run.keepTelling('a', 3);
    await run.keepTelling('b', 20);
    await run.keepTelling('a', 12, ['city']);
    await run.tell('region', 12);
    for (let n = 0; n < 13; n += 1) await run.keepTelling('a', 900);
    await run.keepTelling('b', 20);
    await run.keep('b', 5);
    await run.tellInVain('city', 3);
    await run.keepTelling('a', 3, ['region']);
    run.die();
  },
  async toldAgain(run) {
    await run.keep('a', 2);
    await run.settle(10);
    await run.keepTelling('b', 20);
    await run.stop();
  },
  /** More than was reserved is there to be told before any of it is durable. */
  async burst(run) {
    await run.keepTelling('a', 3);
    await run.keepTelling('a', 11_000);
    run.die();
  },
};

say({ is: 'starting' });
const clock = systemClock(() => 'ntp');
const commitMs = isToldFirst ? 100 : 1;
const outbox = await openSqliteOutbox({
  ...{ path, commitMs, uplinks: UPLINKS.slice(), bootId: 'crash', clock, memoryDirectory },
  durability: isToldFirst ? 'after-ack' : 'commit',
});
say({ is: 'opened', epoch: outbox.epoch });
const { heads } = await outbox.stats();
await scripts[script]?.(new Run(outbox, heads));
