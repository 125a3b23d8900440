import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dorpel, logged, writeConfig } from '../support/gateway.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const SIMULATION = `export const simulation = () => ({
  bus: 'i2c', spans: {}, build: () => ({ write() {}, read: () => Uint8Array.of(42) }) });`;

/** A config with a part of ours, and one whose driver is a file: it fails at every second poll. */
function village(more: string): string {
  const folder = temporaryDirectory();
  const driver = `export const kit = 1;
export const driver = ({ options }) => ({
  part: 'acme-wind', bus: 'i2c', addresses: [0x20], measures: ['wind_speed'], options: options({}),
  period: { default: '1s', least: '1s' },
  create(device) {
    let count = 0;
    return {
      start: async () => ({}),
      async poll() {
        count += 1;
        if (count % 2 === 0) return device.toldNothing();
        const [raw] = await device.read(1);
        return { wind_speed: raw };
      },
    };
  },
});
${more}`;
  writeFileSync(join(folder, 'wind.mjs'), driver);
  const config = writeConfig(folder, {
    buses: { 'i2c-1': { kind: 'i2c', path: '/dev/i2c-1' } },
    devices: {
      hall: { driver: 'sht4x', bus: 'i2c-1', period: '1s' },
      roof: { driver: 'acme-wind', bus: 'i2c-1' },
    },
    uplinks: {},
    drivers: ['wind.mjs'],
  });
  return config;
}

describe('the program with a driver from outside', () => {
  it('reads its part, survives its bugs and says which', { timeout: 60_000 }, async () => {
    const config = village(SIMULATION);
    const read = dorpel('read', 'roof', '--simulate', '--config', config);
    expect(await read.exit).toBe(0);
    expect(read.output).toMatch(/^wind_speed +42\.\d* m\/s +ok$/m);

    const gateway = dorpel('run', '--simulate', '--config', config);
    await until('it is told twice what is wrong', () => logged(gateway, 'device-fault', 'roof').length >= 2);
    expect(logged(gateway, 'device-fault', 'roof')[0]).toContain('TypeError: device.toldNothing is not a function');
    expect(logged(gateway, 'device-healed', 'roof').length).toBeGreaterThanOrEqual(1);
    expect(logged(gateway, 'device-fault', 'hall')).toEqual([]);
    expect(await gateway.end('SIGTERM')).toBe(0);
  });

  it('says that it cannot be simulated without a simulated part', { timeout: 60_000 }, async () => {
    const config = village('');
    const check = dorpel('check', '--config', config);
    expect(await check.exit).toBe(0);
    const run = dorpel('run', '--simulate', '--config', config);
    expect(await run.exit).toBe(2);
    expect(run.output).toContain('roof: acme-wind has no simulated part; its file exports none');
  });

  it('says so where the file waits for ever while it is loaded', { timeout: 60_000 }, async () => {
    const check = dorpel('check', '--config', village('await new Promise(() => {});'));
    expect(await check.exit).toBe(2);
    expect(check.output).toContain('what is waited for never comes: has a file under drivers: an await outside');
  });
});
