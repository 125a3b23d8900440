import {
  type Quantity,
  quantitiesIn,
  type SerialSimulation,
  type Span,
  serveRegisters,
  textWords,
  type World,
  wordsOf,
} from '../../src/driver-kit.ts';
import { type Model, models, registersOf } from './registers.ts';

const RESPONSE_MS = 30;
const SERIAL_NUMBER = 1_478_077;
const FIRMWARE = '1.2.0';
const TYPES: Readonly<Record<Model, string>> = { b21: 'B21 112-100', b23: 'B23 112-100', b24: 'B24 112-100' };

// The ranges of the mapping that a meter answers in full, "invalid" where it has nothing to tell.
const RANGES: readonly [number, number][] = [
  [0x5000, 0x5023],
  [0x5460, 0x54cb],
  [0x5b00, 0x5b41],
];

const SPANS: readonly [RegExp, Span][] = [
  [/^voltage/, { min: 0, max: 500, resolution: 0.1 }],
  [/^current/, { min: 0, max: 65, resolution: 0.01 }],
  [/^apparent_power/, { min: 0, max: 45_000, resolution: 0.01 }],
  [/^(re)?active_power/, { min: -45_000, max: 45_000, resolution: 0.01 }],
  [/^power_factor/, { min: -1, max: 1, resolution: 0.001 }],
  [/^frequency/, { min: 45, max: 65, resolution: 0.01 }],
  [/_energy_/, { min: 0, max: 9_999_999, resolution: 0.01 }],
];

const EXPORT: readonly Quantity[] = [
  'active_energy_export',
  'active_energy_export_l1',
  'active_energy_export_l2',
  'active_energy_export_l3',
];

const measured = new Set(quantitiesIn(...models.map(registersOf)));

/** A meter of the B series: what it lacks it tells as the highest value of the data type. */
export const simulation: SerialSimulation<{ readonly model: Model }> = {
  bus: 'serial',
  variants: [{ model: 'b23' }, { model: 'b21' }, { model: 'b24' }],
  spans: Object.fromEntries([...measured].map((quantity) => [quantity, spanOf(quantity)])),
  faults: {
    'a meter that counts import only': { why: 'not-available', streams: EXPORT },
    'an A43 at this address': { error: 'wrong-device', at: 'start' },
  },
  run: (far, world, { model }, signal) => {
    const words = (functionCode: number) =>
      functionCode === 3 ? new Map([...measurements(model, world), ...identity(model, world)]) : undefined;
    return serveRegisters(far, { responseMs: RESPONSE_MS, words }, signal);
  },
};

function spanOf(quantity: Quantity): Span {
  const [, span] = SPANS.find(([pattern]) => pattern.test(quantity)) ?? [];
  if (!span) throw new RangeError(`no span for ${quantity}`);
  return span;
}

function measurements(model: Model, world: World): Map<number, number> {
  const words = new Map<number, number>();
  for (const [first, last] of RANGES) for (let at = first; at <= last; at += 1) words.set(at, 0xffff);
  const isImportOnly = world.fault?.() === 'a meter that counts import only';
  for (const { quantity, address, type, scale = 1 } of registersOf(model)) {
    const raw = Math.round(world.truth(quantity) / scale);
    const told = isImportOnly && EXPORT.includes(quantity) ? Array<number>(4).fill(0xffff) : wordsOf(raw, type);
    for (const [at, word] of told.entries()) words.set(address + at, word);
  }
  return words;
}

function identity(model: Model, world: World): Map<number, number> {
  const type = world.fault?.() === 'an A43 at this address' ? 'A43 212-100' : TYPES[model];
  return new Map([
    ...wordsOf(SERIAL_NUMBER, 'uint32').map((word, at) => [0x8900 + at, word] as const),
    ...textWords(FIRMWARE, 8).map((word, at) => [0x8908 + at, word] as const),
    ...textWords(type, 6).map((word, at) => [0x8960 + at, word] as const),
  ]);
}
