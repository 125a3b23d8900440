import {
  type Quantity,
  SensorError,
  type SerialDevice,
  type SerialSimulation,
  type Span,
  type World,
} from '../../src/driver-kit.ts';
import { acknowledgement, type Frame, framesIn, longFrame } from './frames.ts';
import { ANY_ADDRESS, isSelectedBy, SELECTED_ADDRESS, secondaryBytes } from './link.ts';
import { type Kind, kinds, MEDIA, TOLD_BY_ALL } from './meanings.ts';
import { bcdOf, integerOf, typeF } from './sim-data.ts';

const RESPONSE_MS = 20;
/** Bytes reach the master while the rest is still being sent. */
const PIECE_BYTES = 4;
const LISTEN_MS = 3_600_000;
const FCB = 0x20;
const MORE_FOLLOWS = 0x1f;

const temperature: Span = { min: 0, max: 180, resolution: 0.01 };
const power: Span = { min: -1000, max: 1_000_000, resolution: 1 };
const heat: Span = { min: 0, max: 99_000, resolution: 0.001 };
const consumed: Span = { min: 0, max: 99_000, resolution: 0.001 };

type Fault = 'permanent error' | 'no flow' | 'sensor cut' | 'busy' | 'encrypted' | 'swapped' | 'another medium';

const UNSET_ADDRESS = 0;

/**
 * A meter of the kind that the options name, which answers to its address, to 254, and to its selection. One that is
 * selected by its number has the address that it left the factory with: else it would answer for a neighbour.
 */
export const simulation: SerialSimulation<{ readonly meter: Kind; readonly secondary: string }> = {
  bus: 'serial',
  spans: {
    heat_energy: heat,
    cooling_energy: heat,
    volume: { min: 0, max: 900_000, resolution: 0.01 },
    volume_flow: { min: 0, max: 100, resolution: 0.001 },
    heat_power: power,
    cooling_power: power,
    flow_temperature: temperature,
    return_temperature: temperature,
    water_volume: consumed,
    gas_volume: consumed,
    active_energy_import: { min: 0, max: 900_000, resolution: 0.001 },
    active_power: { min: -50_000, max: 50_000, resolution: 1 },
  },
  variants: [
    ...kinds.map((meter) => ({ meter })),
    { meter: 'heat', secondary: '12345678' },
    { meter: 'water', secondary: '1234FFFF' },
    { meter: 'electricity', secondary: '123456782D2CFF02' },
  ],
  faults: {
    'permanent error': { why: 'permanent-error', streams: TOLD_BY_ALL.heat },
    'no flow': { why: 'no-data', streams: ['volume_flow'] },
    'sensor cut': { why: 'error-state', streams: ['return_temperature'] },
    busy: { error: 'not-ready', at: 'poll' },
    encrypted: { error: 'refused', at: 'start' },
    swapped: { error: 'wrong-device', at: 'poll' },
    'another medium': { error: 'wrong-device', at: 'start' },
  },
  run: (far, world, { meter, secondary }, signal) => serve(far, new Meter(meter, { far, secondary, world }), signal),
};

async function serve(far: SerialDevice, meter: Meter, signal: AbortSignal): Promise<void> {
  let heard: Uint8Array = new Uint8Array();
  while (!signal.aborted) {
    const parsed = framesIn(Uint8Array.of(...heard, ...(await listened(far, signal))));
    heard = parsed.rest;
    for (const frame of parsed.found) {
      const answer = meter.answerTo(frame);
      if (!answer) continue;
      await far.sleep(RESPONSE_MS, signal);
      for (let at = 0; at < answer.length; at += PIECE_BYTES) await far.write(answer.subarray(at, at + PIECE_BYTES));
    }
  }
}

async function listened(far: SerialDevice, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await far.read(LISTEN_MS, signal);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return new Uint8Array();
    throw cause;
  }
}

class Meter {
  readonly #kind: Kind;
  readonly #address: number;
  readonly #own: Uint8Array;
  readonly #world: World;
  #isSelected = false;
  #lastFcb = 0;
  #telegram = -1;
  #accessNumber = 0;

  constructor(
    kind: Kind,
    { far, secondary, world }: { readonly far: SerialDevice; readonly secondary: string; readonly world: World },
  ) {
    this.#kind = kind;
    this.#address = secondary ? UNSET_ADDRESS : far.address;
    this.#world = world;
    const id = secondary || String(70_000_000 + far.address);
    const maker = [0x2d, 0x2c, 0x35, MEDIA[kind][0] ?? 0]; // KAM, version 53
    const wanted = secondaryBytes(id.replaceAll(/f(?=.{0,7}$)/gi, (digit) => (id.length === 8 ? '0' : digit)));
    this.#own = wanted.map((byte, index) => (index >= 4 && byte === 0xff ? (maker[index - 4] ?? 0) : byte));
  }

  answerTo(frame: Frame): Uint8Array | undefined {
    if (frame.kind === 'long' && frame.information === 0x52 && frame.address === SELECTED_ADDRESS) {
      this.#isSelected = isSelectedBy(frame.data, this.#own);
      return this.#isSelected ? this.#reset() : undefined;
    }
    if (frame.kind !== 'short' || !this.#isMeant(frame.address)) return undefined;
    if (frame.control === 0x40) {
      if (frame.address === SELECTED_ADDRESS) this.#isSelected = false;
      return this.#reset();
    }
    return (frame.control & 0x0f) === 0x0b ? this.#next(frame.control & FCB) : undefined;
  }

  #isMeant(address: number): boolean {
    if (address === SELECTED_ADDRESS) return this.#isSelected;
    return address === this.#address || address === ANY_ADDRESS;
  }

  #reset(): Uint8Array {
    this.#lastFcb = 0;
    this.#telegram = -1;
    return acknowledgement();
  }

  /** The next telegram where the bit was turned over, the same one where it was not. */
  #next(fcb: number): Uint8Array {
    const all = telegrams[this.#kind](this.#world);
    if (fcb !== this.#lastFcb || this.#telegram < 0) this.#telegram = (this.#telegram + 1) % all.length;
    this.#lastFcb = fcb;
    const fault = this.#world.fault?.() as Fault | undefined;
    const answer = { control: 0x08, address: this.#address };
    if (fault === 'busy') return longFrame({ ...answer, information: 0x70, data: Uint8Array.of(8) });
    const data = Uint8Array.of(...this.#header(fault), ...(all[this.#telegram] ?? []));
    return longFrame({ ...answer, information: 0x72, data });
  }

  #header(fault: Fault | undefined): number[] {
    this.#accessNumber = (this.#accessNumber + 1) & 0xff;
    const own = Array.from(this.#own);
    if (fault === 'swapped') own[0] = ((own[0] ?? 0) + 1) % 10;
    if (fault === 'another medium') own[7] = 0x08;
    return [...own, this.#accessNumber, fault === 'permanent error' ? 0x08 : 0, 0x10, fault === 'encrypted' ? 5 : 0];
  }
}

const bcd = (world: World, quantity: Quantity, perUnit: number) => bcdOf(world.truth(quantity) * perUnit, 4);

/** What each kind of meter tells, in its telegrams. */
const telegrams: Readonly<Record<Kind, (world: World) => number[][]>> = {
  heat: (world) => [[0x0c, 0x0e, ...bcd(world, 'heat_energy', 1000), ...carrier(world, 'heat_power')]],
  cooling: (world) => [[0x0c, 0x0e, ...bcd(world, 'cooling_energy', 1000), ...carrier(world, 'cooling_power')]],
  'heat-cooling': (world) => [
    [
      ...[0x0c, 0x0e, ...bcd(world, 'heat_energy', 1000)],
      ...[0x0c, 0x8e, 0x3c, ...bcd(world, 'cooling_energy', 1000)],
      ...carrier(world, 'heat_power'),
    ],
  ],
  water: (world) => [
    [0x0c, 0x13, ...bcd(world, 'water_volume', 1000), 0x04, 0x6d, ...typeF(world.now()), 0x42, 0x6c, 0xbf, 0x3c],
  ],
  // The hourly value, with its own time: what is behind a radio bridge tells nothing newer.
  gas: (world) => [[0x4c, 0x13, ...bcd(world, 'gas_volume', 1000), 0x44, 0x6d, ...typeF(world.now())]],
  electricity: (world) => [
    [0x0e, 0x03, ...bcdOf(world.truth('active_energy_import') * 1000, 6), MORE_FOLLOWS],
    [0x04, 0x2b, ...integerOf(world.truth('active_power'), 4)],
  ],
};

/** What heat and cooling meters have in common. */
function carrier(world: World, power: Quantity): number[] {
  const fault = world.fault?.() as Fault | undefined;
  const flow = integerOf(world.truth('volume_flow') * 1000, 4);
  const back = integerOf(world.truth('return_temperature') * 100, 2);
  return [
    ...[0x0c, 0x14, ...bcd(world, 'volume', 100)],
    ...(fault === 'no flow' ? [0x04, 0xbb, 0x15, ...flow] : [0x04, 0x3b, ...flow]),
    ...[0x04, 0x2b, ...integerOf(world.truth(power), 4)],
    ...[0x02, 0x59, ...integerOf(world.truth('flow_temperature') * 100, 2)],
    ...(fault === 'sensor cut' ? [0x32, 0x5d, 0x0f, 0x27] : [0x02, 0x5d, ...back]),
    ...[0x04, 0x6d, ...typeF(world.now())],
  ];
}
