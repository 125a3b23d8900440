import { describe, expect, it } from 'vitest';
import type { BusConfig } from '../../src/config/config.ts';
import { type Faulty, wiringChecks, wiringHint } from '../../src/doctor/wiring.ts';
import type { DeviceStatus } from '../../src/health/status.ts';
import { deviceStatus, statusOf, streamStatus } from '../support/status.ts';

const faulty = (parts: Partial<Faulty>): Faulty => {
  return { kind: 'i2c', driver: 'sht4x', fault: 'no-acknowledge', isWhole: false, ...parts };
};

describe('what a fault looks like from the field', () => {
  it.each<[string, Partial<Faulty>, RegExp]>([
    ['no part of an I2C bus answers', { isWhole: true }, /SDA and SCL swapped/],
    ['one part of an I2C bus does not', {}, /its address \(jumper/],
    ['damaged bytes on I2C', { fault: 'checksum' }, /too long for I2C/],
    ['a silent P1 port', { kind: 'serial', driver: 'dsmr-p1', fault: 'timeout', isWhole: true }, /data request/],
    ['damaged telegrams', { kind: 'serial', driver: 'dsmr-p1', fault: 'checksum' }, /115200 8N1/],
    [
      'damaged Modbus',
      { kind: 'serial', driver: 'eastron-sdm', fault: 'checksum' },
      /parity.*A and B swapped.*termination/,
    ],
    [
      'a silent Modbus line',
      { kind: 'serial', driver: 'eastron-sdm', fault: 'timeout', isWhole: true },
      /no part of the line/,
    ],
    ['one silent meter', { kind: 'serial', driver: 'eastron-sdm', fault: 'timeout' }, /only this part/],
    ['a silent M-Bus', { kind: 'serial', driver: 'mbus', fault: 'timeout' }, /M-Bus master/],
    ['a part that talks unasked', { kind: 'serial', driver: 'pms5003', fault: 'timeout' }, /TX and RX swapped/],
    ['a 1-Wire bus', { kind: 'onewire', driver: 'ds18b20', isWhole: true }, /4\.7 kΩ/],
    ['another part', { fault: 'wrong-device' }, /another part answers there/],
  ])('%s', (_what, parts, hint) => {
    expect(wiringHint(faulty(parts))).toMatch(hint);
  });

  it('is not guessed of what says nothing about wires', () => {
    expect(wiringHint(faulty({ fault: 'driver' }))).toBeUndefined();
  });

  it('names the driver whose README says how the part is wired', () => {
    expect(wiringHint(faulty({}))).toContain('drivers/sht4x/README.md');
  });
});

describe('the devices of a gateway that runs', () => {
  const buses: BusConfig[] = [{ kind: 'i2c', name: 'one', path: '/dev/i2c-1' }];
  const broken: Partial<DeviceStatus> = {
    state: 'fault',
    fault: { kind: 'no-acknowledge', message: 'nobody' },
    streams: [],
  };
  const look = async (...devices: readonly DeviceStatus[]) => {
    const [check] = wiringChecks(statusOf({ devices }), buses);
    return (await check?.look()) ?? [];
  };

  it('that are all at fault in one way are told as one bus', async () => {
    const found = await look(deviceStatus('a', broken), deviceStatus('b', broken));
    expect(found).toEqual([
      expect.objectContaining({ subject: 'bus one', verdict: 'wrong', hint: expect.stringContaining('SDA and SCL') }),
    ]);
    expect(found[0]?.what).toContain('all 2 parts');
  });

  it('that is the only one on its bus is told as itself', async () => {
    expect(await look(deviceStatus('a', broken))).toEqual([expect.objectContaining({ subject: 'device a' })]);
  });

  it('of which one is at fault is told as that one', async () => {
    const found = await look(deviceStatus('a'), deviceStatus('b', broken));
    expect(found).toEqual([
      expect.objectContaining({ subject: 'device b', hint: expect.stringContaining('its address') }),
    ]);
  });

  it('that are doubtful are worth a warning; that are well, a word', async () => {
    const stuck = deviceStatus('a', { streams: [streamStatus({ quality: 'stuck' })] });
    expect(await look(stuck)).toEqual([expect.objectContaining({ subject: 'device a', verdict: 'warning' })]);
    expect(await look(deviceStatus('a'))).toEqual([expect.objectContaining({ verdict: 'ok', what: 'all 1 are read' })]);
  });
});
