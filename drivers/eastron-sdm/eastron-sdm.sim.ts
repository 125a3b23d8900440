import {
  float32Words,
  type Quantity,
  quantities,
  quantitiesIn,
  type SerialSimulation,
  type Span,
  serveRegisters,
  type World,
} from '../../src/driver-kit.ts';
import { type Model, models, registersOf } from './registers.ts';

const RESPONSE_MS = 20;
const SERIAL_NUMBER = 21_063_579;
const SUCCESSOR = 21_063_580;
const METER_CODES: { readonly [M in Model]?: number } = { sdm120: 0x20, sdm630: 0x70, sdm72v2: 0x89 };

// A genuine meter reads short holes between its values along; that they are zeros is our guess.
const HOLE_WORDS = 8;

// Half the last of the 24 binary digits of a float32.
const upTo = (max: number, min = 0): Span => ({ min, max, resolution: max * 2 ** -24 });

const SPANS: readonly [RegExp, Span][] = [
  [/^voltage/, upTo(300)],
  [/^current/, upTo(100)],
  [/^(re)?active_power/, upTo(25_000, -25_000)],
  [/^apparent_power/, upTo(25_000)],
  [/^power_factor/, upTo(1, -1)],
  [/^phase_angle/, upTo(180, -180)],
  [/^frequency/, { ...upTo(65), min: 45 }],
  [/_energy_/, upTo(999_999)],
];

const measured = new Set(quantitiesIn(...models.map(registersOf)));
const isCounter = (quantity: Quantity) => quantities[quantity].kind === 'counter';
const fallsByRight = (quantity: Quantity) => 'mayFall' in quantities[quantity];

/** An Eastron meter: it answers for its own address only, and keeps silent to a damaged request. */
export const simulation: SerialSimulation<{ readonly model: Model }> = {
  bus: 'serial',
  variants: models.map((model) => ({ model })),
  spans: Object.fromEntries([...measured].map((quantity) => [quantity, spanOf(quantity)])),
  faults: {
    'counters at zero': {
      why: 'fell',
      streams: quantitiesIn(registersOf('sdm120')).filter((one) => isCounter(one) && !fallsByRight(one)),
    },
    swapped: { serialNumber: String(SUCCESSOR) },
    'an SDM630 at this address': { error: 'wrong-device', at: 'start' },
    'its registers reversed': { error: 'wrong-device', at: 'start' },
  },
  run: (far, world, { model }, signal) => {
    const words = (functionCode: number) => {
      if (functionCode === 4) return inputRegisters(model, world);
      return functionCode === 3 ? holdingRegisters(model, world) : undefined;
    };
    return serveRegisters(far, { responseMs: RESPONSE_MS, words }, signal);
  },
};

function spanOf(quantity: Quantity): Span {
  const [, span] = SPANS.find(([pattern]) => pattern.test(quantity)) ?? [];
  if (!span) throw new RangeError(`no span for ${quantity}`);
  return span;
}

function inputRegisters(model: Model, world: World): ReadonlyMap<number, number> {
  const words = new Map<number, number>();
  let end = 0;
  for (const { quantity, address } of registersOf(model).toSorted((a, b) => a.address - b.address)) {
    if (address - end <= HOLE_WORDS) for (let hole = end; hole < address; hole += 1) words.set(hole, 0);
    const isZero = isCounter(quantity) && world.fault?.() === 'counters at zero';
    const [high, low] = float32Words(isZero ? 0 : world.truth(quantity));
    const isReversed = world.fault?.() === 'its registers reversed'; // "Register Order"
    words.set(address, isReversed ? low : high).set(address + 1, isReversed ? high : low);
    end = address + 2;
  }
  return words;
}

function holdingRegisters(model: Model, world: World): ReadonlyMap<number, number> {
  const serial = world.fault?.() === 'swapped' ? SUCCESSOR : SERIAL_NUMBER;
  const words = new Map([
    [0xfc00, serial >> 16],
    [0xfc01, serial & 0xffff],
  ]);
  const code = world.fault?.() === 'an SDM630 at this address' ? METER_CODES.sdm630 : METER_CODES[model];
  if (code !== undefined) words.set(0xfc02, code);
  return words;
}
