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

const RESPONSE_MS = 40;
const SERIAL_NUMBER = 'KR0460030015A'; // made up: thirteen letters
const CODES: Readonly<Record<Model, number>> = { em24: 71, em330: 332, em340: 341, et340: 345 };
const MOST: Readonly<Record<Model, number>> = { em24: 11, em330: 50, em340: 50, et340: 50 };
const SERIAL_NUMBER_AT: Readonly<Record<Model, number>> = {
  em24: 0x1300,
  em330: 0x5000,
  em340: 0x5000,
  et340: 0x5000,
};
const LAST = 0x0067;

// Above its maximum the display shows EEE.
const EEE = { int16: [0x7fff], int32: [0xffff, 0x7fff] };

const SPANS: readonly [RegExp, Span][] = [
  [/^voltage/, { min: 0, max: 485, resolution: 0.1 }],
  [/^current/, { min: -65, max: 65, resolution: 0.001 }],
  [/^apparent_power/, { min: 0, max: 45_000, resolution: 0.1 }],
  [/^(re)?active_power/, { min: -45_000, max: 45_000, resolution: 0.1 }],
  [/^power_factor/, { min: -1, max: 1, resolution: 0.001 }],
  [/^frequency/, { min: 45, max: 65, resolution: 0.1 }],
  [/_energy_/, { min: 0, max: 9_999_999, resolution: 0.1 }],
];

const measured = new Set(quantitiesIn(...models.map(registersOf)));

/** A meter of Carlo Gavazzi's; asked for one word at 000B, it tells its identification code. */
export const simulation: SerialSimulation<{ readonly model: Model }> = {
  bus: 'serial',
  variants: models.map((model) => ({ model })),
  spans: Object.fromEntries([...measured].map((quantity) => [quantity, spanOf(quantity)])),
  faults: {
    'current above the maximum': { why: 'not-available', streams: ['current_l1', 'power_factor_l1'] },
    'another model at this address': { error: 'wrong-device', at: 'start' },
  },
  run: (far, world, { model }, signal) => {
    const words = (functionCode: number, asked: { address: number; count: number }) => {
      if (functionCode !== 3 && functionCode !== 4) return undefined;
      if (asked.address === 0x000b && asked.count === 1) return new Map([[0x000b, codeOf(model, world)]]);
      return new Map([...measurements(model, world), ...serialNumber(model)]);
    };
    return serveRegisters(far, { responseMs: RESPONSE_MS, most: MOST[model], words }, signal);
  },
};

function spanOf(quantity: Quantity): Span {
  const [, span] = SPANS.find(([pattern]) => pattern.test(quantity)) ?? [];
  if (!span) throw new RangeError(`no span for ${quantity}`);
  return span;
}

function codeOf(model: Model, world: World): number {
  return world.fault?.() === 'another model at this address' ? 346 : CODES[model];
}

function measurements(model: Model, world: World): Map<number, number> {
  const words = new Map(Array.from({ length: LAST + 1 }, (_, address) => [address, 0]));
  const isAbove = world.fault?.() === 'current above the maximum';
  for (const { quantity, address, type, scale = 1 } of registersOf(model)) {
    const isEee = isAbove && (quantity === 'current_l1' || quantity === 'power_factor_l1');
    const eee = type === 'int16' ? EEE.int16 : EEE.int32;
    const told = isEee ? eee : wordsOf(world.truth(quantity) / scale, type, 'CDAB');
    for (const [at, word] of told.entries()) words.set(address + at, word);
  }
  return words;
}

function serialNumber(model: Model): [number, number][] {
  return textWords(SERIAL_NUMBER, 7).map((word, at) => [SERIAL_NUMBER_AT[model] + at, word]);
}
