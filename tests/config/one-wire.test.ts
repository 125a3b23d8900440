import { describe, expect, it } from 'vitest';
import { complaints, GATEWAY, parsed } from './told.ts';

const withDevices = (...devices: readonly string[]) =>
  parsed(
    `${GATEWAY}\nbuses:\n  wire: { kind: onewire }\n  hall: { kind: i2c, path: /dev/i2c-1 }\ndevices:\n${devices.join('\n')}\n`,
  );

const probe = (facts: string) => `  probe: { driver: ds18b20, bus: wire${facts} }`;

describe('a 1-Wire bus', () => {
  it('is where the kernel shows it, and its parts are called by their numbers', () => {
    const { buses, devices } = withDevices(probe(', id: 28-0316a2798dff'));
    expect(buses[0]).toEqual({ kind: 'onewire', name: 'wire', path: '/sys/bus/w1' });
    expect(devices[0]).toMatchObject({ bus: 'wire', id: '28-0316a2798dff', periodMs: 60_000 });
  });

  it.each([
    [[probe('')], '6:3 devices.probe | "id" is missing | id: a folder of /sys/bus/w1/devices'],
    [
      [probe(', id: 28-0316A2798DFF')],
      '6:44 devices.probe.id | should be a number such as 28-0316a2798dff, not "28-0316A2798DFF" | did you mean 28-0316a2798dff?',
    ],
    [
      [probe(', id: 26-0316a2798dff')],
      '6:44 devices.probe.id | ds18b20 cannot have the number 26-0316a2798dff | its number begins with 28, 10, 22, 3b, 42',
    ],
    [[probe(', id: 28-0316a2798dff, address: 4')], '6:61 devices.probe.address | ds18b20 has no address | remove this'],
    [
      ['  air: { driver: sht4x, bus: hall, id: 28-0316a2798dff }'],
      '6:36 devices.air.id | "id" is for 1-Wire, and sht4x is not on 1-Wire | remove this',
    ],
    [
      [probe(', id: 28-0316a2798dff'), '  other: { driver: ds18b20, bus: wire, id: 28-0316a2798dff }'],
      '7:44 devices.other.id | probe is 28-0316a2798dff of wire too | give each its own number',
    ],
  ])('%#: what is wrong with a part on it is told', (devices, told) => {
    expect(complaints(() => withDevices(...devices))).toEqual([told]);
  });
});
