import { type SerialSimulation, serveRegisters } from '../../src/driver-kit.ts';

const RESPONSE_MS = 30;
const CO2 = ['co2'] as const;

// IR1, meter status.
const BITS: Readonly<Record<string, number>> = {
  'lamp broken': 1 << 0,
  'offset out of hand': 1 << 1,
  'algorithm lost': 1 << 2,
  'output stuck': 1 << 3,
  'self-diagnostics failed': 1 << 4,
  'memory damaged': 1 << 6,
};

/** An S8 as it leaves the factory. It answers to the address that any S8 answers to. */
export const simulation: SerialSimulation = {
  bus: 'serial',
  spans: { co2: { min: 1, max: 10_000, resolution: 0.5 } },
  variants: [{}, { selfCalibration: 0 }],
  faults: {
    'lamp broken': { why: 'fatal-error', streams: CO2 },
    'offset out of hand': { why: 'offset-regulation-error', streams: CO2 },
    'algorithm lost': { why: 'algorithm-error', streams: CO2 },
    'output stuck': { why: 'output-error', streams: CO2 },
    'self-diagnostics failed': { why: 'self-diagnostics-error', streams: CO2 },
    'memory damaged': { why: 'memory-error', streams: CO2 },
    'no measurement yet': { why: 'no-reading', streams: CO2 },
    'no identity': { error: 'wrong-device', at: 'start' },
    'another make': { error: 'wrong-device', at: 'start' },
  },
  run: (far, world, _options, signal) => {
    const holding = new Map([[0x1f, 180]]);
    const input = () => {
      const fault = world.fault?.() ?? '';
      const ppm = fault === 'no measurement yet' ? 0 : Math.round(world.truth('co2'));
      const words = [BITS[fault] ?? 0, 0, 0, ppm];
      const identity = fault === 'no identity' ? [0, 0, 0, 0, 0, 0] : [0x0001, 0x010e, 0x0046, 0x0105, 0x0512, 0x9a3c];
      const known: [number, number][] = words.map((word, at) => [at, word]);
      if (fault === 'another make') return new Map(known);
      return new Map([...known, ...identity.map((word, at): [number, number] => [0x19 + at, word])]);
    };
    const unit = {
      responseMs: RESPONSE_MS,
      words: (code: number) => (code === 4 ? input() : code === 3 ? holding : undefined),
      write: (address: number, value: number) => {
        if (!holding.has(address)) return false;
        holding.set(address, value);
        return true;
      },
    };
    return serveRegisters(far, unit, signal);
  },
};
