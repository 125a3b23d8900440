import { describe, expect, it } from 'vitest';
import { difference, differenceText, isSame } from '../../src/config/difference.ts';
import { configOf } from '../support/village.ts';

const HALL = `
gateway: { id: hall, owner: village }
storage: { path: data }
buses: { one: { kind: i2c, path: /dev/i2c-1 }, two: { kind: serial, path: /dev/ttyUSB0 } }
devices:
  air: { driver: sht4x, bus: one, period: 60s }
  meter: { driver: dsmr-p1, bus: two }
uplinks: { city: { url: 'mqtt://127.0.0.1' } }
`;

const differing = (change: (yaml: string) => string) =>
  differenceText(difference(configOf(HALL), configOf(change(HALL))));

describe('the difference between two configs', () => {
  it('is nothing where the same is said in other words', () => {
    const same = difference(configOf(HALL), configOf(HALL.replace('60s', '1min').replace('bus: one,', 'bus: "one",')));
    expect(isSame(same)).toBe(true);
    expect(differenceText(same)).toEqual(['nothing has changed']);
    const defaults = 'checksum: auto, staleAfter: 26h';
    expect(differing((yaml) => yaml.replace('bus: two }', `bus: two, options: { ${defaults} } }`))).toEqual([
      'nothing has changed',
    ]);
  });

  it.each([
    ['a new device', '  meter:', '  attic: { driver: sht4x, bus: one, address: 0x45 }\n  meter:', '+ device attic'],
    ['one that is gone', '  meter: { driver: dsmr-p1, bus: two }\n', '', '- device meter'],
    ['another period', 'period: 60s', 'period: 30s', '~ device air: periodMs'],
    ['another driver', 'driver: sht4x', 'driver: sht3x', '~ device air: driver, part'],
    ['another bus', 'ttyUSB0', 'ttyUSB1', '~ bus two: path'],
    ['another broker', '127.0.0.1', '127.0.0.2', '~ uplink city: url'],
    ['another quota', 'path: data', 'path: data, quota: 64MiB', '! storage.quotaBytes takes a restart'],
    ['another look at itself', 'owner: village', 'owner: village, health: 30s', '! gateway.health takes a restart'],
    ['a port for Prometheus', 'storage:', 'metrics: { port: 9464 }\nstorage:', '! metrics takes a restart'],
    ['another name', 'id: hall', 'id: barn', '! gateway.id takes a restart'],
    ['another platform', 'uplinks: { ', "uplinks: { region: { url: 'mqtt://r' }, ", '! uplinks.region takes a restart'],
  ])('names %s', (_, from, to, line) => {
    expect(differing((yaml) => yaml.replace(from, to))).toContain(line);
  });
});
