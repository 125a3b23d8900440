/**
 * Where Eastron's meters keep what they measure: input registers, 32-bit floats with the high word first, in the unit
 * that the quantity has. "Input Registers" in Eastron's _Modbus Protocol_ of each model; addresses are its "Start
 * Address Hex".
 */
import type { Quantity, Register } from '../../src/driver-kit.ts';

export const models = ['sdm120', 'sdm220', 'sdm230', 'sdm630', 'sdm72', 'sdm72v2'] as const;

/** A product whose register map is known. */
export type Model = (typeof models)[number];

type Addresses = { readonly [Q in Quantity]?: number };

const energy = {
  active_energy_import: 0x0048,
  active_energy_export: 0x004a,
  active_energy_total: 0x0156,
} as const satisfies Addresses;

const singlePhase = {
  voltage: 0x0000,
  current: 0x0006,
  active_power: 0x000c,
  apparent_power: 0x0012,
  reactive_power: 0x0018,
  power_factor: 0x001e,
  frequency: 0x0046,
  ...energy,
  reactive_energy_import: 0x004c,
  reactive_energy_export: 0x004e,
  reactive_energy_total: 0x0158,
} as const satisfies Addresses;

const threePhase = {
  voltage_l1: 0x0000,
  voltage_l2: 0x0002,
  voltage_l3: 0x0004,
  current_l1: 0x0006,
  current_l2: 0x0008,
  current_l3: 0x000a,
  active_power_l1: 0x000c,
  active_power_l2: 0x000e,
  active_power_l3: 0x0010,
  apparent_power_l1: 0x0012,
  apparent_power_l2: 0x0014,
  apparent_power_l3: 0x0016,
  reactive_power_l1: 0x0018,
  reactive_power_l2: 0x001a,
  reactive_power_l3: 0x001c,
  power_factor_l1: 0x001e,
  power_factor_l2: 0x0020,
  power_factor_l3: 0x0022,
  active_power: 0x0034,
  apparent_power: 0x0038,
  reactive_power: 0x003c,
  power_factor: 0x003e,
  frequency: 0x0046,
  ...energy,
  reactive_energy_total: 0x0158,
} as const satisfies Addresses;

const addresses: Readonly<Record<Model, Addresses>> = {
  sdm120: singlePhase,
  sdm220: { ...singlePhase, phase_angle: 0x0024 },
  sdm230: { ...singlePhase, phase_angle: 0x0024 },
  sdm630: {
    ...threePhase,
    phase_angle: 0x0042,
    reactive_energy_import: 0x004c,
    reactive_energy_export: 0x004e,
    active_energy_import_l1: 0x015a,
    active_energy_import_l2: 0x015c,
    active_energy_import_l3: 0x015e,
    active_energy_export_l1: 0x0160,
    active_energy_export_l2: 0x0162,
    active_energy_export_l3: 0x0164,
  },
  sdm72: { active_power: 0x0034, ...energy },
  sdm72v2: threePhase,
};

/** The register map of a model. */
export function registersOf(model: Model): readonly Register[] {
  return Object.entries(addresses[model]).map(([quantity, address]) => ({
    quantity: quantity as Quantity, // a key of Addresses is nothing else
    address,
    type: 'float32',
  }));
}
