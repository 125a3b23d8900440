import { describe, expect, it } from 'vitest';
import type { MachineState } from '../../src/hal/machine.ts';
import { findings } from '../../src/health/findings.ts';
import { type FeedObservation, judged, single } from '../support/feed.ts';
import { configOf, startVillage, type Village } from '../support/village.ts';

const MINUTE_MS = 60_000;

const hall = (health: string, period = '10s') =>
  configOf(`
gateway: { id: gw, owner: heihoek, health: ${health}, location: { latitude: 51.4, longitude: 5.4 } }
storage: { clockWait: 0s }
buses: { one: { kind: i2c, path: /dev/i2c-1 } }
devices: { hall: { driver: sht4x, bus: one, period: ${period} } }
uplinks: { city: { url: 'mqtts://broker.example' } }
`);

const PI: MachineState = {
  bootId: 'one',
  cpuTemperatureCel: 81.26,
  load: 0.5,
  diskFreeBytes: 4e9,
  isUnderVoltage: false,
};

const toldOf = ({ uplink }: Village, kind: string) =>
  uplink.seen
    .flatMap(single)
    .filter(({ topic }) => topic.endsWith(`/gateway/${kind}`))
    .map(({ payload }) => JSON.parse(payload) as FeedObservation);

describe('the gateway as a device', () => {
  it('goes through the one pipe: described, numbered, told by the schemas, seen in the status', async () => {
    const village = await startVillage(hall('60s'), { machine: async () => PI });
    const { clock, gateway, hal } = village;
    await clock.advance(30 * MINUTE_MS);
    hal.i2cBuses.get('one')?.break(0x44, 'absent');
    await clock.advance(10 * MINUTE_MS);
    hal.i2cBuses.get('one')?.break(0x44, undefined);
    await clock.advance(10 * MINUTE_MS);
    // A reload that concerns others leaves it as it is.
    await Promise.all([gateway.follow(hall('60s', '5s')), clock.advance(10 * MINUTE_MS)]);
    const status = await gateway.status();
    await village.stop();
    expect(judged(village.uplink.seen)).toEqual([]);
    const told = toldOf(village, 'obs');
    expect(told.length).toBeGreaterThanOrEqual(60);
    expect(told.length).toBeLessThanOrEqual(61);
    expect(told.at(-1)?.obs).toContainEqual({ n: 'cpu_temperature', v: 81.3, u: 'Cel', q: 'ok' });
    expect(told.at(-1)?.obs).toContainEqual({ n: 'disk_free', v: 4000, u: 'MBy', q: 'ok' });
    expect(told.at(-1)?.obs.some(({ n }) => n === 'disk_wear' || n === 'memory_available')).toBe(false);
    const errors = told.map(({ obs }) => obs.find(({ n }) => n === 'bus_errors')?.v);
    const healed = village.logged.filter(({ code }) => code === 'device-healed');
    const failures = healed.reduce((sum, { fields }) => sum + Number(fields['failures']), 0);
    expect(failures).toBeGreaterThan(3);
    expect(errors[0]).toBe(0);
    expect(errors.at(-1)).toBe(failures);
    const device = status.devices.find(({ device }) => device === 'gateway');
    expect(device).toMatchObject({ state: 'well', driver: 'gateway', periodSeconds: 60 });
    expect(findings(status).map(({ about, what }) => `${about}: ${what}`)).toContainEqual(
      expect.stringMatching(/^gateway: its processor is at 81 °C/),
    );
  });

  it('describes the streams that this machine has, and no others', async () => {
    const village = await startVillage(hall('60s'), { machine: async () => PI });
    await village.clock.advance(5 * MINUTE_MS);
    await village.stop();
    const meta = village.uplink.seen.findLast(({ topic }) => topic.endsWith('/gateway/meta'));
    const { streams, location } = JSON.parse(meta?.payload ?? '') as {
      streams: { n: string; u: string; kind: string }[];
      location: object;
    };
    expect(streams.map(({ n }) => n)).toContain('under_voltage');
    expect(streams.map(({ n }) => n)).not.toContain('cpu_throttled');
    expect(streams.find(({ n }) => n === 'gateway_restarts')).toMatchObject({ u: '1', kind: 'counter' });
    expect(location).toEqual({ lat: 51.4, lon: 5.4 });
  });

  it.each([
    ['is as often as the config says', '10s', 30],
    ['is not there where the config does not want it', 'false', 0],
  ])('%s', async (_, health, least) => {
    const village = await startVillage(hall(health), { machine: async () => PI });
    await village.clock.advance(5 * MINUTE_MS);
    await village.stop();
    const { length } = toldOf(village, 'obs');
    expect(length).toBeGreaterThanOrEqual(least);
    expect(length).toBeLessThanOrEqual(least === 0 ? 0 : least + 1);
  });
});
