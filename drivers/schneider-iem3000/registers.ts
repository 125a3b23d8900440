/**
 * Where Schneider's iEM3000 meters keep what they measure: holding registers, high word first. "Modbus register list" in the
 * user manual; its "Register" counts from 1, these addresses are those on the line, one lower.
 */
import type { Quantity, Register } from '../../src/driver-kit.ts';

export const models = ['iem3150', 'iem3155', 'iem3250', 'iem3255', 'iem3350', 'iem3355'] as const;

/** A product whose register map is known. */
export type Model = (typeof models)[number];

type Addresses = { readonly [Q in Quantity]?: number };

const basic = {
  current_l1: 2999,
  current_l2: 3001,
  current_l3: 3003,
  voltage_l1_l2: 3019,
  voltage_l2_l3: 3021,
  voltage_l3_l1: 3023,
  voltage_l1: 3027,
  voltage_l2: 3029,
  voltage_l3: 3031,
  active_power_l1: 3053,
  active_power_l2: 3055,
  active_power_l3: 3057,
  active_power: 3059,
  power_factor: 3083,
  frequency: 3109,
  active_energy_import: 3203,
  active_energy_import_l1: 3517,
  active_energy_import_l2: 3521,
  active_energy_import_l3: 3525,
} as const satisfies Addresses;

const fourQuadrants = {
  ...basic,
  reactive_power: 3067,
  apparent_power: 3075,
  active_energy_export: 3207,
  reactive_energy_import: 3219,
  reactive_energy_export: 3223,
} as const satisfies Addresses;

const addresses: Readonly<Record<Model, Addresses>> = {
  iem3150: basic,
  iem3155: fourQuadrants,
  iem3250: basic,
  iem3255: fourQuadrants,
  iem3350: basic,
  iem3355: fourQuadrants,
};

/** The register map of a model: energies in Wh or varh, powers in kW, kvar or kVA. */
export function registersOf(model: Model): readonly Register[] {
  return Object.entries(addresses[model]).map(([name, address]) => {
    const quantity = name as Quantity; // a key of Addresses is nothing else
    if (/_energy_/.test(name)) return { quantity, address, type: 'int64', scale: 0.001, isAbsent: isNoInteger };
    const scale = /_power/.test(name) ? 1000 : 1;
    return { quantity, address, type: 'float32', scale, isAbsent: isNoFloat };
  });
}

// What the meter lacks reads as FFC0 0000, a float that is not a number; two of those stand in four registers.
const isNoFloat = (bits: number) => bits % 0x8000_0000 > 0x7f80_0000;
const isNoInteger = (bits: number) => bits === 0x8000_0000_0000_0000 || bits === 0xffc0_0000_ffc0_0000;
