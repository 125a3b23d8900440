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
const SERIAL_NUMBER = 16_233_039;
const FIRMWARE = 13_007; // 1.3.007

// Ranges in which the meter answers all registers, with "not a number" where it has nothing to tell.
const RANGES: readonly [number, number][] = [
  [2999, 3010],
  [3019, 3036],
  [3053, 3084],
  [3107, 3136],
  [3203, 3240],
  [3517, 3528],
];
const NOTHING = [0xffc0, 0x0000];

const float = (max: number, min = 0): Span => ({ min, max, resolution: max * 2 ** -23 });

const SPANS: readonly [RegExp, Span][] = [
  [/^voltage/, float(500)],
  [/^current/, float(6000)],
  [/^apparent_power/, float(100_000)],
  [/^(re)?active_power/, float(100_000, -100_000)],
  [/^power_factor/, float(1, -1)],
  [/^frequency/, { ...float(65), min: 45 }],
  [/_energy_/, { min: 0, max: 9_999_999, resolution: 0.001 }],
];

const L2_AND_L3: readonly Quantity[] = [
  'voltage_l2',
  'voltage_l3',
  'current_l2',
  'current_l3',
  'active_energy_import_l2',
];

const measured = new Set(quantitiesIn(...models.map(registersOf)));

/** An iEM3000. Its power factor leads wherever the truth is below a half. */
export const simulation: SerialSimulation<{ readonly model: Model }> = {
  bus: 'serial',
  variants: [{ model: 'iem3255' }, { model: 'iem3150' }],
  spans: Object.fromEntries([...measured].map((quantity) => [quantity, spanOf(quantity)])),
  faults: {
    'one phase wired': { why: 'not-available', streams: L2_AND_L3 },
    'an iEM2050 at this address': { error: 'wrong-device', at: 'start' },
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
  for (const [first, last] of RANGES) {
    for (let at = first; at <= last; at += 1) words.set(at, NOTHING[(at - first) % 2] ?? 0);
  }
  const isOnePhase = world.fault?.() === 'one phase wired';
  for (const { quantity, address, type, scale = 1 } of registersOf(model)) {
    if (isOnePhase && L2_AND_L3.includes(quantity)) continue;
    const truth = world.truth(quantity);
    const isLeading = quantity === 'power_factor' && Math.abs(truth) < 0.5;
    const told = isLeading ? (truth < 0 ? -2 : 2) - truth : truth / scale;
    for (const [at, word] of wordsOf(told, type).entries()) words.set(address + at, word);
  }
  return words;
}

function identity(model: Model, world: World): Map<number, number> {
  const name = world.fault?.() === 'an iEM2050 at this address' ? 'iEM2050' : model.replace('iem', 'iEM');
  return new Map([
    ...textWords(name.padEnd(40), 20).map((word, at) => [49 + at, word] as const),
    ...wordsOf(SERIAL_NUMBER, 'uint32').map((word, at) => [129 + at, word] as const),
    [1636, FIRMWARE],
  ]);
}
