import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { busEntry, deviceEntry } from '../../src/health/events.ts';
import type { Fields } from '../../src/health/log.ts';
import { LogLimit } from '../../src/health/log-limit.ts';
import { SensorError } from '../../src/model/errors.ts';
import { FakeSensor, supervised } from '../sampling/supervised.ts';

const DAY_MS = 24 * 3_600_000;

interface Line {
  readonly code: string;
  readonly message: string;
  readonly fields: Fields;
}

function limited() {
  const clock = new VirtualClock();
  const lines: Line[] = [];
  const limit = new LogLimit((_, code, message, fields = {}) => lines.push({ code, message, fields }), clock);
  /** Entries that the lines stand for: each says one, or how many it counts. */
  const told = (code: string) =>
    lines.filter((line) => line.code === code).reduce((sum, { fields }) => sum + Number(fields['repeated'] ?? 1), 0);
  return { clock, lines, limit, told };
}

describe('the limit of the log', () => {
  it('keeps a day of a part that breaks and heals each second below 200 lines, and every time is counted', async () => {
    const { clock, lines, limit, told } = limited();
    const sensor = new FakeSensor(clock);
    const { events, stop } = supervised(clock, sensor, { periodMs: 1000 });
    let seen = 0;
    for (let passedMs = 0; passedMs < DAY_MS; passedMs += 1000) {
      sensor.failure = sensor.failure ? undefined : new SensorError('checksum', 'wrong CRC');
      await clock.advance(1000);
      for (const event of events.slice(seen)) limit.log(...('bus' in event ? busEntry(event) : deviceEntry(event)));
      seen = events.length;
    }
    await stop();
    limit.end();
    const happened = (event: string) => events.filter((one) => one.event === event).length;
    expect(happened('fault')).toBeGreaterThan(40_000);
    expect(told('device-fault')).toBe(happened('fault'));
    expect(told('device-healed')).toBe(happened('healed'));
    expect(lines.length).toBeLessThan(200);
    expect(lines.every(({ fields }) => fields['device'] === 'a')).toBe(true);
  }, 60_000);

  it('says the first few as they are, then that it counts, then how many at growing intervals', async () => {
    const { clock, lines, limit } = limited();
    for (let second = 0; second < 600; second += 1) {
      limit.log('warning', 'device-fault', `fault ${second}`, { device: 'hall' });
      await clock.advance(1000);
    }
    expect(lines.slice(0, 5).map(({ message }) => message)).toEqual([0, 1, 2, 3, 4].map((n) => `fault ${n}`));
    expect(lines[5]?.message).toBe('fault 5; this repeats itself, and is only counted from now on');
    const counts = lines.slice(6).map(({ fields }) => fields['repeated']);
    expect(counts).toEqual([59, 120, 240]);
  });

  it('says when it is over, with what was not told yet, and begins anew after that', async () => {
    const { clock, lines, limit } = limited();
    const again = () => limit.log('warning', 'device-fault', 'wrong CRC', { device: 'hall' });
    for (let count = 0; count < 10; count += 1) again();
    await clock.advance(15 * 60_000);
    expect(lines.slice(6).map(({ message }) => message)).toEqual([
      '4 times more, the last: wrong CRC',
      'not again for 10 min; it repeated itself for 0 s, the last: wrong CRC',
    ]);
    again();
    expect(lines.at(-1)?.message).toBe('wrong CRC');
  });

  it('does not count one device with another, nor what comes seldom', async () => {
    const { clock, lines, limit } = limited();
    for (const device of ['hall', 'attic', 'cellar']) {
      for (let count = 0; count < 4; count += 1) limit.log('warning', 'device-fault', 'fault', { device });
    }
    expect(lines).toHaveLength(12);
    for (let count = 0; count < 50; count += 1) {
      limit.log('notice', 'uplink-connected', 'connected', { uplink: 'city' });
      await clock.advance(3 * 60_000);
    }
    expect(lines).toHaveLength(62);
  });

  it('tells at the end what it has counted', () => {
    const { limit, told } = limited();
    for (let count = 0; count < 99; count += 1) limit.log('warning', 'device-fault', 'fault', { device: 'hall' });
    expect(told('device-fault')).toBe(6);
    limit.end();
    expect(told('device-fault')).toBe(99);
  });
});
