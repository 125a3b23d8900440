import { type SerialSimulation, serveRegisters, type World, wordsOf } from '../../src/driver-kit.ts';
import type { ModbusOptions, WrittenRegister } from './options.ts';

const RESPONSE_MS = 25;

// A meter with a bit of everything: floats, low word first, swapped bytes, a tenth of a degree above -40, packed bits.
const MOTLEY = [
  { quantity: 'voltage_l1', function: 4, address: 0x00, type: 'float32' },
  { quantity: 'voltage_l2', function: 4, address: 0x02, type: 'float32' },
  { quantity: 'current_l1', function: 4, address: 0x08, type: 'uint16', scale: 0.01, invalid: [0xffff] },
  { quantity: 'active_power', function: 3, address: 0x100, type: 'int32', order: 'CDAB', invalid: [0x7fffffff] },
  { quantity: 'active_energy_import', function: 3, address: 0x102, type: 'uint64', order: 'DCBA', scale: 0.001 },
  { quantity: 'reactive_power', function: 3, address: 0x106, type: 'float64', order: 'BADC', scale: 1000 },
  { quantity: 'air_temperature', function: 3, address: 0x10a, type: 'uint16', scale: 0.1, offset: -40 },
  { quantity: 'tariff', function: 3, address: 0x10b, type: 'uint16', firstBit: 4, bits: 3 },
  { quantity: 'occupancy', function: 3, address: 0x10b, type: 'uint16', firstBit: 7, bits: 1 },
] as const;

const GAP = 8;

/** Whatever meter the options describe. */
export const simulation: SerialSimulation<ModbusOptions> = {
  bus: 'serial',
  variants: [
    { registers: MOTLEY },
    {
      registers: MOTLEY,
      gap: GAP,
      mostRegisters: 125,
      silence: '20ms',
      identity: [{ function: 3, address: 0x200, words: [0x155, 7] }],
    },
  ],
  spans: {
    voltage_l1: { min: 0, max: 300, resolution: 300 * 2 ** -23 },
    voltage_l2: { min: 0, max: 300, resolution: 300 * 2 ** -23 },
    current_l1: { min: 0, max: 650, resolution: 0.01 },
    active_power: { min: -100_000, max: 100_000, resolution: 1 },
    active_energy_import: { min: 0, max: 9_999_999, resolution: 0.001 },
    reactive_power: { min: -100_000, max: 100_000, resolution: 1e-6 },
    air_temperature: { min: -40, max: 80, resolution: 0.1 },
    tariff: { min: 0, max: 7, resolution: 0.5 },
    occupancy: { min: 0, max: 1, resolution: 0.5 },
  },
  faults: {
    'nothing to tell': { why: 'not-available', streams: ['current_l1', 'active_power'] },
    'another map': { error: 'refused', at: 'start' },
  },
  run: (far, world, { registers, identity }, signal) => {
    const words = (functionCode: number) => {
      const mine = registers.filter((register) => register.function === functionCode);
      const proofs = identity.filter((proof) => proof.function === functionCode);
      if (mine.length + proofs.length === 0) return undefined;
      const known = proofs.flatMap(({ address, words }) => words.map((word, at) => [address + at, word] as const));
      return new Map([...told(mine, world), ...known]);
    };
    return serveRegisters(far, { responseMs: RESPONSE_MS, words }, signal);
  },
};

function told(registers: readonly WrittenRegister[], world: World): Map<number, number> {
  const words = new Map<number, number>();
  if (world.fault?.() === 'another map') return words;
  for (const register of registers) {
    for (const [at, word] of wordsFor(register, world).entries()) {
      const address = register.address + at;
      words.set(address, (words.get(address) ?? 0) | word);
    }
    // A meter that lets holes be read along has zeros in them.
    const end = register.address + wordsFor(register, world).length;
    for (let hole = end; hole < end + GAP; hole += 1) words.set(hole, words.get(hole) ?? 0);
  }
  return words;
}

function wordsFor({ quantity, type, order, ...more }: WrittenRegister, world: World): number[] {
  const [nothing] = more.invalid;
  if (world.fault?.() === 'nothing to tell' && nothing !== undefined) return wordsOf(nothing, type, order);
  const raw = (world.truth(quantity) - more.offset) / more.scale;
  const isPart = more.firstBit > 0 || more.bits < 16;
  return wordsOf(isPart ? (Math.round(raw) % 2 ** more.bits) * 2 ** more.firstBit : raw, type, order);
}
