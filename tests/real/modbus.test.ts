import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startBroker, subscribe } from '../support/broker.ts';
import { type Cable, layCable } from '../support/cable.ts';
import { newest, observationsIn } from '../support/capture.ts';
import { type Child, startChild } from '../support/child.ts';
import { judged } from '../support/feed.ts';
import { logged, runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith, PYTHON } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const SERVER = fileURLToPath(new URL('sdm_server.py', import.meta.url));

/** Addresses of Eastron's "SDM630 Modbus Protocol", "Input Registers"; every value is one that 32 bits hold exactly. */
const HELD = [
  { address: 0x00, quantity: 'voltage_l1', value: 230.5 },
  { address: 0x02, quantity: 'voltage_l2', value: 231.25 },
  { address: 0x04, quantity: 'voltage_l3', value: 229 },
  { address: 0x0c, quantity: 'active_power_l1', value: -1500.5 },
  { address: 0x46, quantity: 'frequency', value: 50 },
  { address: 0x48, quantity: 'active_energy_import', value: 12345.625 },
  { address: 0x4a, quantity: 'active_energy_export', value: 0 },
] as const;
/** As the feed tells it: volts have one decimal. */
const TOLD: Readonly<Record<string, number>> = { voltage_l2: 231.3 };

async function startMeter(line: Cable): Promise<Child> {
  const values = Object.fromEntries(HELD.map(({ address, value }) => [address, value]));
  const meter = startChild(PYTHON, [SERVER, line.far, '1', JSON.stringify(values)]);
  await meter.line(/^serving$/);
  return meter;
}

describeWith(['socat', 'mosquitto', 'mosquitto_sub', 'pymodbus'], 'a Modbus meter served by pymodbus', () => {
  it('is read, is missed once it is gone, and is read again when it is back', { timeout: 180_000 }, async () => {
    const [cellar, attic, broker] = await Promise.all([layCable(), layCable(), startBroker()]);
    const [meter, feed] = await Promise.all([startMeter(cellar), subscribe(broker.port), startMeter(attic)]);
    const sdm630 = { driver: 'eastron-sdm', address: 1, period: '1s', options: { model: 'sdm630' } };
    const config = writeConfig(temporaryDirectory(), {
      buses: { cellar: { kind: 'serial', path: cellar.near }, attic: { kind: 'serial', path: attic.near } },
      devices: { 'cellar-meter': { ...sdm630, bus: 'cellar' }, 'attic-meter': { ...sdm630, bus: 'attic' } },
      uplinks: { city: { url: `mqtt://127.0.0.1:${broker.port}` } },
    });
    const gateway = runGateway(config);
    const toldOf = (device: string) => observationsIn(feed.received, device);
    const lastOf = (device: string) => newest(toldOf(device), 'voltage_l1');

    await until('both meters are told', () => toldOf('cellar-meter').length > 1 && toldOf('attic-meter').length > 1);
    for (const { quantity, value } of HELD) {
      expect(newest(toldOf('cellar-meter'), quantity)).toMatchObject({ v: TOLD[quantity] ?? value, q: 'ok' });
    }
    expect(gateway.output).toContain('serial number 12345678');

    await meter.end('SIGKILL');
    await until('the fault is told', () => lastOf('cellar-meter')?.q === 'fault');
    expect(lastOf('cellar-meter')).toMatchObject({ v: null, q: 'fault', why: 'timeout' });
    const before = { cellar: toldOf('cellar-meter').length, attic: toldOf('attic-meter').length };
    await until('the other meter goes on', () => toldOf('attic-meter').length >= before.attic + 4);
    expect(toldOf('cellar-meter').length, 'the silence is told at every period').toBeGreaterThan(before.cellar);
    expect(lastOf('attic-meter')).toMatchObject({ v: 230.5, q: 'ok' });

    await startMeter(cellar);
    await until('the meter is read again', () => lastOf('cellar-meter')?.q === 'ok');
    expect(lastOf('cellar-meter')?.v).toBe(230.5);
    expect(logged(gateway, 'device-fault', 'cellar-meter')).toHaveLength(1);
    const [healed = '', ...more] = logged(gateway, 'device-healed', 'cellar-meter');
    expect(more).toEqual([]);
    expect(Number(/ failures=(\d+) /.exec(healed)?.[1])).toBeGreaterThan(0);
    expect(logged(gateway, 'device-fault', 'attic-meter')).toEqual([]);
    expect(observationsIn(feed.received, 'attic-meter').every(({ obs }) => obs.every(({ q }) => q !== 'fault'))).toBe(
      true,
    );
    expect(judged(feed.received)).toEqual([]);
  });
});
