import { describe, expect, it } from 'vitest';
import { instantOf } from '../../src/hal/clock.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { findings } from '../../src/health/findings.ts';
import { Overview } from '../../src/health/overview.ts';
import { BusError, SensorError } from '../../src/model/errors.ts';
import type { StreamReading } from '../../src/model/observation.ts';
import { deviceStatus, statusOf, streamStatus, uplinkStatus } from '../support/status.ts';

const facts = { device: 'hall', driver: 'sht4x', bus: 'one', part: 'SHT41', periodSeconds: 60 };
const temperature = (value: number | null): StreamReading => {
  return { quantity: 'air_temperature', value, quality: value === null ? 'fault' : 'ok' };
};

function watched() {
  const clock = new VirtualClock();
  const overview = new Overview([facts], clock);
  const see = (value: number | null, device = 'hall') =>
    overview.see({ device, instant: instantOf(clock), readings: [temperature(value)] });
  return { clock, overview, see };
}

describe('the overview', () => {
  it('knows a device from the start, and when it has first been heard of', async () => {
    const { clock, overview, see } = watched();
    expect(overview.devices()).toEqual([{ ...facts, state: 'starting', forSeconds: 0, streams: [] }]);
    await clock.advance(5000);
    see(20);
    await clock.advance(2000);
    expect(overview.devices()[0]).toMatchObject({ state: 'well', forSeconds: 2 });
    expect(overview.devices()[0]?.streams).toEqual([streamStatus({ value: 20, ageSeconds: 2, trend: [20] })]);
  });

  it('says what is wrong until it is right again', async () => {
    const { clock, overview, see } = watched();
    overview.hear({ event: 'fault', device: 'hall', error: new SensorError('timeout', 'it does not answer') });
    see(null);
    await clock.advance(60_000);
    const fault = { kind: 'timeout', message: 'it does not answer' };
    expect(overview.devices()[0]).toMatchObject({ state: 'fault', forSeconds: 60, fault });
    overview.hear({ event: 'healed', device: 'hall', failures: 3, forMs: 60_000 });
    expect(overview.devices()[0]).toMatchObject({ state: 'well', forSeconds: 0 });
    expect(overview.devices()[0]?.fault).toBeUndefined();
  });

  it('says of a bus that is broken what is wrong, and of all its devices', async () => {
    const { clock, overview, see } = watched();
    see(20);
    overview.hear({ event: 'bus-fault', bus: 'one', error: new BusError('no adapter') });
    await clock.advance(5000);
    const fault = { message: 'no adapter', forSeconds: 5 };
    expect(overview.buses()).toEqual([{ bus: 'one', devices: 1, fault }]);
    expect(overview.devices()[0]).toMatchObject({ state: 'fault', forSeconds: 5, fault: { kind: 'bus' } });
    expect(findings(statusOf({ buses: overview.buses(), devices: overview.devices() }))).toEqual([
      { about: 'bus', name: 'one', what: 'no adapter, for 5 s; devices on it: 1', next: 'dorpel doctor' },
    ]);
    overview.hear({ event: 'bus-healed', bus: 'one', forMs: 5000 });
    expect(overview.buses()).toEqual([{ bus: 'one', devices: 1 }]);
    expect(overview.devices()[0]?.state).toBe('well');
  });

  it('takes over what the part says of itself', () => {
    const { overview } = watched();
    overview.hear({ event: 'identified', device: 'hall', identity: { part: 'SHT45', serialNumber: '0d0e' } });
    expect(overview.devices()[0]).toMatchObject({ part: 'SHT45', serialNumber: '0d0e' });
  });

  it('is not upset by a device that it does not know', () => {
    const { overview, see } = watched();
    see(20, 'elsewhere');
    overview.hear({ event: 'healed', device: 'elsewhere', failures: 1, forMs: 1 });
    expect(overview.devices()).toHaveLength(1);
    expect(overview.history('elsewhere', 'air_temperature')).toBeUndefined();
  });

  it('shows observations to those who look on, and to nobody else', () => {
    const { overview, see } = watched();
    const seen: string[] = [];
    const unfollow = overview.onObservation(({ device }) => seen.push(device));
    see(20);
    unfollow();
    see(21);
    expect(seen).toEqual(['hall']);
  });

  it('remembers a day in spans of five minutes, and no more, whatever the length of the run', async () => {
    const { clock, overview, see } = watched();
    for (let minute = 0; minute < 30 * 60; minute += 1) {
      see(minute % 5);
      await clock.advance(60_000);
    }
    const history = overview.history('hall', 'air_temperature');
    expect(history?.spans).toHaveLength(288);
    // The last reading, a minute ago, was in the middle of its span and a half before its end.
    expect(history?.spans.at(-1)).toEqual({ agoSeconds: 150, lowest: 0, mean: 2, highest: 4 });
    expect(history?.spans[0]?.agoSeconds).toBe(150 + 287 * 300);
    expect(history?.recent).toHaveLength(120);
    expect(history?.recent.at(-1)).toEqual({ agoSeconds: 60, value: 4 });
  });

  it('leaves out spans in which there was no value', async () => {
    const { clock, overview, see } = watched();
    see(1);
    await clock.advance(3_600_000);
    see(null);
    see(2);
    expect(overview.history('hall', 'air_temperature')?.spans.map(({ mean }) => mean)).toEqual([1, 2]);
  });
});

describe('what is wrong', () => {
  it('is nothing where devices are well, platforms connected and the clock known', () => {
    const warming = deviceStatus('new', { streams: [streamStatus({ quality: 'warming_up' })] });
    const waiting = deviceStatus('slow', {
      streams: [streamStatus({ value: null, quality: 'fault', why: 'not-ready' })],
    });
    const status = statusOf({ devices: [deviceStatus('hall'), warming, waiting], uplinks: [uplinkStatus('city')] });
    expect(findings(status)).toEqual([]);
  });

  it('names every device, stream, platform and the clock, each with a command', () => {
    const stuck = deviceStatus('stuck', { streams: [streamStatus({ quality: 'stuck' })] });
    const silent = deviceStatus('silent', { state: 'starting', forSeconds: 181, streams: [] });
    const uplinks = [uplinkStatus('city', { refused: ['hall'], setAside: 3, refusedForGood: 1 })];
    const found = findings(statusOf({ devices: [stuck, silent], uplinks, clock: 'unsynced' }));
    expect(found.map(({ about, name, next }) => [about, name, next])).toEqual([
      ['device', 'stuck', 'dorpel history stuck/air_temperature'],
      ['device', 'silent', 'dorpel read silent'],
      ['uplink', 'city', 'dorpel queue'],
      ['uplink', 'city', 'dorpel queue'],
      ['clock', '', 'timedatectl'],
    ]);
  });

  it('is not that a device has yet to speak, within three of its periods', () => {
    const silent = deviceStatus('silent', { state: 'starting', forSeconds: 179, streams: [] });
    expect(findings(statusOf({ devices: [silent] }))).toEqual([]);
  });
});
