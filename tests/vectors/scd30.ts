import { expect } from 'vitest';
import type { Step } from '../../src/hal/replay/steps.ts';
import { wordBytes } from '../../src/protocol/sensirion.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Example {
  readonly id: string;
  readonly w: string;
  readonly r?: string;
  readonly expected?: Readonly<Record<string, number | boolean>>;
}

const answer = (...words: readonly number[]) => Buffer.from(words.flatMap(wordBytes)).toString('hex');

/**
 * Examples of the interface description, as another project has them: each in the conversation of ours in which it comes
 * up. What our driver never says (a stop, a reset, a forced recalibration) is only held against our checksum.
 */
export const scd30: Adapter = ({ json }) => {
  const { vectors } = json as { readonly vectors: readonly Example[] };
  return vectors.map((example) => ({ name: `${example.id}: ${example.w}`, run: () => play(example) }));
};

async function play({ id, w, r, expected = {} }: Example): Promise<void> {
  const command = w.slice(0, 4);
  const argument = w.length > 4 ? Number.parseInt(w.slice(4, 8), 16) : undefined;
  if (argument !== undefined) expect(w.slice(4), 'the checksum of an argument').toBe(answer(argument));
  const { co2_ppm, temperature_C, humidity_pct } = expected;
  switch (command) {
    case '0300':
      return measured(r ?? '', [Number(co2_ppm), Number(temperature_C), Number(humidity_pct)]);
    case '0202':
      return started({ ready: r ?? '', isMeasuring: expected['ready'] === true });
    case 'd100':
      return started({ firmware: r ?? '' });
    case '0010':
      return argument === 0 ? started({ ready: answer(0), isMeasuring: false, start: w }) : undefined;
    case '4600':
    case '5102':
    case '5306':
    case '5403': {
      const raw = argument ?? Number.parseInt(r?.slice(0, 4) ?? '', 16);
      const wanted = { command, value: raw, option: Object.values(expected)[0] ?? optionOf(command, raw) };
      return started({ wanted, ...(r ? { kept: r } : { kept: answer(raw + 1), write: w }) });
    }
    default:
      expect(['0104', '5204', 'd304'], id).toContain(command);
  }
}

async function measured(read: string, [co2 = 0, temperature = 0, humidity = 0]: readonly number[]): Promise<void> {
  const steps = [
    ...[{ write: '0202' }, { sleep: 10 }, { read: answer(1) }],
    ...[{ write: '0300' }, { sleep: 10 }, { read }],
  ];
  const { sensor } = played(registered('scd30').driver, steps);
  if (isStreaming(sensor)) throw new Error('SCD30 answers when asked');
  const sample = await sensor.poll();
  expect(sample.co2).toBeCloseTo(co2, 3);
  expect(sample.air_temperature).toBeCloseTo(temperature, 3);
  expect(sample.relative_humidity).toBeCloseTo(humidity, 3);
}

const SETTINGS = [
  { command: '4600', value: 2, option: 'interval' },
  { command: '5102', value: 0, option: 'altitude' },
  { command: '5403', value: 0, option: 'temperatureOffset' },
  { command: '5306', value: 0, option: 'selfCalibration' },
] as const;

function optionOf(command: string, raw: number): number | boolean {
  if (command === '5306') return raw === 1;
  return command === '5403' ? raw / 100 : raw;
}

/** A start of ours: what the part keeps, what the config wants, and what must then be written. */
async function started(given: {
  readonly firmware?: string;
  readonly ready?: string;
  readonly isMeasuring?: boolean;
  readonly start?: string;
  readonly wanted?: { readonly command: string; readonly option: number | boolean };
  readonly kept?: string;
  readonly write?: string;
}): Promise<void> {
  const { firmware = '0342f3', ready = answer(1), isMeasuring = true, start = '0010000081', wanted, kept } = given;
  const asked = SETTINGS.flatMap(({ command, value }): Step[] => {
    const isWanted = wanted?.command === command;
    const read = isWanted && kept ? kept : answer(value);
    const written: Step[] = isWanted && given.write ? [{ write: given.write }, { sleep: 10 }] : [];
    return [{ write: command }, { sleep: 10 }, { read }, ...written];
  });
  const steps: Step[] = [
    ...[{ write: 'd100' }, { sleep: 10 }, { read: firmware }, { error: 'no-acknowledge' } as const],
    ...asked,
    ...[{ write: '0202' }, { sleep: 10 }, { read: ready }],
    ...(isMeasuring ? [] : [{ write: start }, { sleep: 10 }]),
  ];
  const option = SETTINGS.find(({ command }) => command === wanted?.command)?.option;
  const { sensor, playback } = played(registered('scd30').driver, steps, option && { [option]: wanted?.option });
  const [major, minor] = Buffer.from(firmware, 'hex');
  expect(await sensor.start()).toEqual({ firmware: `${major}.${minor}` });
  playback.done();
}
