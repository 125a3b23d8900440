import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Row } from '../../src/store/outbox.ts';
import { idsOf, leaseNow } from '../support/leasing.ts';
import { Platforms } from '../support/platforms.ts';

const MINUTE_MS = 60_000;
const TRUE_AT = Date.UTC(2026, 10, 23, 6);

/** A board without a clock of its own: 1970 until somebody tells it the time. */
class LateClock extends VirtualClock {
  isSet = false;

  constructor() {
    super(TRUE_AT);
    this.clockState = 'unsynced';
  }

  override now(): number {
    return super.now() - (this.isSet ? 0 : TRUE_AT);
  }

  set(): void {
    this.isSet = true;
    this.clockState = 'ntp';
  }
}

const ways = { uplinks: ['city'], clockWaitMs: 10 * MINUTE_MS };
const timesOf = (rows: readonly Row[]) => rows.map(({ at, clock }) => [at, clock]);
const backlog = (platforms: Platforms) => leaseNow(platforms.outbox, 'city', 'backlog', 100);

describe('rows from before the clock was set', () => {
  it('wait, and are told with the time that they were made at', async () => {
    const clock = new LateClock();
    const platforms = await Platforms.open(ways, { clock });
    platforms.append('a', 2);
    await platforms.wait(5000);
    expect(await backlog(platforms), 'not yet').toEqual([]);
    platforms.append('a', 1);
    clock.set();
    await platforms.wait(5000);
    platforms.append('b', 1);
    await platforms.wait(5000);
    platforms.outbox.release('city');
    const rows = await backlog(platforms);
    expect(timesOf(rows)).toEqual([
      [TRUE_AT, 'ntp'],
      [TRUE_AT, 'ntp'],
      [TRUE_AT + 5000, 'ntp'],
      [TRUE_AT + 10_000, 'ntp'],
    ]);
    expect(platforms.events).toEqual([{ event: 'clock-known', rows: 3, byMs: TRUE_AT }]);
    platforms.outbox.release('city');
    await platforms.restart();
    expect(timesOf(await backlog(platforms)), 'the file says the same').toEqual(timesOf(rows));
    await platforms.outbox.close();
  });

  it('are told as they are when it takes too long, and never change after that', async () => {
    const clock = new LateClock();
    const platforms = await Platforms.open(ways, { clock });
    platforms.append('a', 1);
    await platforms.wait(8 * MINUTE_MS);
    platforms.append('a', 1);
    expect(await backlog(platforms), 'not yet').toEqual([]);
    await platforms.wait(3 * MINUTE_MS);
    const [early] = await leaseNow(platforms.outbox, 'city', 'backlog', 1);
    expect(early).toMatchObject({ at: 0, clock: 'unsynced' });
    // Nobody has answered: it may have arrived.
    platforms.outbox.release('city');
    clock.set();
    platforms.append('b', 1);
    await platforms.wait(5000);
    expect(timesOf(await backlog(platforms))).toEqual([
      [0, 'unsynced'],
      [TRUE_AT + 8 * MINUTE_MS, 'ntp'],
      [TRUE_AT + 11 * MINUTE_MS, 'ntp'],
    ]);
    await platforms.outbox.close();
  });

  it('do not wait any more once the clock has been unknown for too long', async () => {
    const platforms = await Platforms.open(ways, { clock: new LateClock() });
    platforms.append('a', 1);
    await platforms.wait(11 * MINUTE_MS);
    platforms.append('a', 1);
    await platforms.wait(10_000);
    expect(timesOf(await backlog(platforms))).toEqual([
      [0, 'unsynced'],
      [11 * MINUTE_MS, 'unsynced'],
    ]);
    await platforms.outbox.close();
  });

  it('do not wait where they are alerts', async () => {
    const platforms = await Platforms.open(ways, { clock: new LateClock() });
    platforms.append('a', 1);
    platforms.append('a', 1, { priority: 'alert' });
    await platforms.wait(1000);
    const alerts = await leaseNow(platforms.outbox, 'city', 'alert', 100);
    expect(alerts.map(({ sequence, clock }) => [sequence, clock])).toEqual([[2, 'unsynced']]);
    await platforms.outbox.close();
  });

  it('of a run before this one are corrected, too, if the board has run on', async () => {
    const clock = new LateClock();
    const platforms = await Platforms.open(ways, { clock });
    platforms.append('a', 2);
    await platforms.wait(5000);
    await platforms.crash();
    expect(await backlog(platforms), 'they go on waiting').toEqual([]);
    await platforms.crash();
    clock.set();
    await platforms.wait(5000);
    platforms.outbox.release('city');
    expect(timesOf(await backlog(platforms))).toEqual([
      [TRUE_AT, 'ntp'],
      [TRUE_AT, 'ntp'],
    ]);
    await platforms.outbox.close();
  });

  it('of a run before this one are corrected before they are told, if the time is known at the start', async () => {
    const clock = new LateClock();
    const platforms = await Platforms.open(ways, { clock });
    platforms.append('a', 2);
    await platforms.wait(5000);
    clock.set();
    await platforms.crash();
    expect(timesOf(await backlog(platforms))).toEqual([
      [TRUE_AT, 'ntp'],
      [TRUE_AT, 'ntp'],
    ]);
    await platforms.outbox.close();
  });

  it('of another boot stay as they are: nobody knows when that was', async () => {
    const clock = new LateClock();
    const platforms = await Platforms.open(ways, { clock });
    platforms.append('a', 1);
    await platforms.wait(5000);
    await platforms.restart({ ...ways, bootId: 'another' });
    expect(timesOf(await backlog(platforms)), 'and do not wait').toEqual([[0, 'unsynced']]);
    clock.set();
    platforms.append('a', 1);
    await platforms.wait(5000);
    platforms.outbox.release('city');
    expect(timesOf(await backlog(platforms))[0]).toEqual([0, 'unsynced']);
    await platforms.outbox.close();
  });

  it('by a clock chip do not wait, and are corrected where nobody was told', async () => {
    const clock = new LateClock();
    clock.clockState = 'rtc';
    const platforms = await Platforms.open(ways, { clock });
    platforms.append('a', 3);
    await platforms.wait(5000);
    const [first] = await leaseNow(platforms.outbox, 'city', 'backlog', 1);
    platforms.outbox.acknowledge('city', idsOf(first ? [first] : []));
    clock.set();
    platforms.append('b', 1);
    await platforms.wait(5000);
    expect(first).toMatchObject({ at: 0, clock: 'rtc' });
    expect(timesOf(await backlog(platforms)).slice(0, 2)).toEqual([
      [TRUE_AT, 'ntp'],
      [TRUE_AT, 'ntp'],
    ]);
    await platforms.outbox.close();
  });

  it('with a time by the part’s own clock are never corrected', async () => {
    const clock = new LateClock();
    const platforms = await Platforms.open(ways, { clock });
    const at = Date.UTC(2026, 10, 23, 5);
    const instant = { at, uptimeMs: 0, clock: 'rtc' } as const;
    void platforms.outbox.append({ device: 'a', instant, isTimedByPart: true, readings: [] });
    await platforms.wait(5000);
    clock.set();
    platforms.append('b', 1);
    await platforms.wait(5000);
    expect(timesOf(await backlog(platforms))[0]).toEqual([at, 'rtc']);
    await platforms.outbox.close();
  });
});
