/**
 * Where ABB's EQ meters keep what they measure: holding registers, integers with the high word first. "Mapping Tables" in
 * the user manual of each meter; addresses are its "Start Reg (Hex)", which are those on the line.
 */
import { type Quantity, type Register, wordsIn } from '../../src/driver-kit.ts';

export const models = ['b21', 'b23', 'b24'] as const;

/** A product whose register map is known. */
export type Model = (typeof models)[number];

type Addresses = { readonly [Q in Quantity]?: number };

const total = {
  active_energy_import: 0x5000,
  active_energy_export: 0x5004,
  reactive_energy_import: 0x500c,
  reactive_energy_export: 0x5010,
  active_power: 0x5b14,
  reactive_power: 0x5b1c,
  apparent_power: 0x5b24,
  frequency: 0x5b2c,
  power_factor: 0x5b3a,
} as const satisfies Addresses;

const threePhase = {
  ...total,
  active_energy_import_l1: 0x5460,
  active_energy_import_l2: 0x5464,
  active_energy_import_l3: 0x5468,
  active_energy_export_l1: 0x546c,
  active_energy_export_l2: 0x5470,
  active_energy_export_l3: 0x5474,
  voltage_l1: 0x5b00,
  voltage_l2: 0x5b02,
  voltage_l3: 0x5b04,
  voltage_l1_l2: 0x5b06,
  voltage_l2_l3: 0x5b08,
  voltage_l3_l1: 0x5b0a,
  current_l1: 0x5b0c,
  current_l2: 0x5b0e,
  current_l3: 0x5b10,
  current_n: 0x5b12,
  active_power_l1: 0x5b16,
  active_power_l2: 0x5b18,
  active_power_l3: 0x5b1a,
  reactive_power_l1: 0x5b1e,
  reactive_power_l2: 0x5b20,
  reactive_power_l3: 0x5b22,
  apparent_power_l1: 0x5b26,
  apparent_power_l2: 0x5b28,
  apparent_power_l3: 0x5b2a,
  power_factor_l1: 0x5b3b,
  power_factor_l2: 0x5b3c,
  power_factor_l3: 0x5b3d,
} as const satisfies Addresses;

const addresses: Readonly<Record<Model, Addresses>> = {
  // In a meter for one phase the registers of L1 hold voltage and current; those of its powers hold nothing.
  b21: { ...total, voltage: 0x5b00, current: 0x5b0c },
  b23: threePhase,
  b24: threePhase,
};

type Form = Pick<Register, 'type' | 'scale'>;

// "Res." and "Data type": resolution, signed or unsigned; "Size" says how many registers.
const FORMS: readonly [RegExp, Form][] = [
  [/_energy_/, { type: 'uint64', scale: 0.01 }],
  [/^voltage/, { type: 'uint32', scale: 0.1 }],
  [/^current/, { type: 'uint32', scale: 0.01 }],
  [/_power/, { type: 'int32', scale: 0.01 }],
  [/^frequency/, { type: 'uint16', scale: 0.01 }],
  [/^power_factor/, { type: 'int16', scale: 0.001 }],
];

/** The register map of a model. */
export function registersOf(model: Model): readonly Register[] {
  return Object.entries(addresses[model]).map(([name, address]) => {
    const quantity = name as Quantity; // a key of Addresses is nothing else
    const [, form] = FORMS.find(([pattern]) => pattern.test(quantity)) ?? [];
    if (!form) throw new RangeError(`no form for ${quantity}`);
    return { quantity, address, ...form, isAbsent: (bits: number) => bits === nothingOf(form) };
  });
}

/** "Reading and Writing to Registers": what the meter lacks reads as the highest value that the data type can hold. */
function nothingOf({ type }: Form): number {
  const bits = 16 * wordsIn(type);
  return Number((1n << BigInt(type.startsWith('u') ? bits : bits - 1)) - 1n);
}
