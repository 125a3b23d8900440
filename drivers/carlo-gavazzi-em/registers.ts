/**
 * Where Carlo Gavazzi's meters keep what they measure: input registers, integers with the low word first. "Instantaneous
 * variables and meters" in the communication protocol of each series; addresses are its "Physical address".
 */
import type { Quantity, Register } from '../../src/driver-kit.ts';

export const models = ['em24', 'em330', 'em340', 'et340'] as const;

/** A product whose register map is known. */
export type Model = (typeof models)[number];

type Addresses = { readonly [Q in Quantity]?: number };

const common = {
  voltage_l1: 0x0000,
  voltage_l2: 0x0002,
  voltage_l3: 0x0004,
  voltage_l1_l2: 0x0006,
  voltage_l2_l3: 0x0008,
  voltage_l3_l1: 0x000a,
  current_l1: 0x000c,
  current_l2: 0x000e,
  current_l3: 0x0010,
  active_power_l1: 0x0012,
  active_power_l2: 0x0014,
  active_power_l3: 0x0016,
  apparent_power_l1: 0x0018,
  apparent_power_l2: 0x001a,
  apparent_power_l3: 0x001c,
  reactive_power_l1: 0x001e,
  reactive_power_l2: 0x0020,
  reactive_power_l3: 0x0022,
  active_power: 0x0028,
  apparent_power: 0x002a,
  reactive_power: 0x002c,
} as const satisfies Addresses;

const series300 = {
  ...common,
  power_factor_l1: 0x002e,
  power_factor_l2: 0x002f,
  power_factor_l3: 0x0030,
  power_factor: 0x0031,
  frequency: 0x0033,
  active_energy_import: 0x0034,
  reactive_energy_import: 0x0036,
  active_energy_import_l1: 0x0040,
  active_energy_import_l2: 0x0042,
  active_energy_import_l3: 0x0044,
  active_energy_export: 0x004e,
  reactive_energy_export: 0x0050,
} as const satisfies Addresses;

const addresses: Readonly<Record<Model, Addresses>> = {
  em24: {
    ...common,
    power_factor_l1: 0x0032,
    power_factor_l2: 0x0033,
    power_factor_l3: 0x0034,
    power_factor: 0x0035,
    frequency: 0x0037,
    // "kWh(+) TOT". 0x0042 is "KWh(+) PAR", which anyone can reset at the meter.
    active_energy_import: 0x003e,
    reactive_energy_import: 0x0040,
    active_energy_import_l1: 0x0046,
    active_energy_import_l2: 0x0048,
    active_energy_import_l3: 0x004a,
    active_energy_export: 0x005c,
    reactive_energy_export: 0x005e,
  },
  em330: series300,
  em340: series300,
  et340: {
    ...series300,
    active_energy_export_l1: 0x0060,
    active_energy_export_l2: 0x0062,
    active_energy_export_l3: 0x0064,
  },
};

type Form = Pick<Register, 'type' | 'scale'>;

// "Value weight" and "Data format"
const FORMS: readonly [RegExp, Form][] = [
  [/^power_factor/, { type: 'int16', scale: 0.001 }],
  [/^frequency/, { type: 'int16', scale: 0.1 }],
  [/^current/, { type: 'int32', scale: 0.001 }],
  [/^voltage|_power|_energy_/, { type: 'int32', scale: 0.1 }],
];

/** The register map of a model. */
export function registersOf(model: Model): readonly Register[] {
  return Object.entries(addresses[model]).map(([name, address]) => {
    const quantity = name as Quantity; // a key of Addresses is nothing else
    const [, form] = FORMS.find(([pattern]) => pattern.test(quantity)) ?? [];
    if (!form) throw new RangeError(`no form for ${quantity}`);
    return { quantity, address, order: 'CDAB', ...form, isAbsent: form.type === 'int16' ? isEee16 : isEee32 };
  });
}

/** "Maximum and minimum electrical values": the display shows EEE where the highest word is 7FFF. */
const isEee32 = (bits: number) => bits >>> 16 === 0x7fff;
const isEee16 = (bits: number) => bits === 0x7fff;
