import { expect } from 'vitest';
import { decode } from '../../drivers/sen5x/measurement.ts';
import { driver } from '../../drivers/sen5x/sen5x.ts';
import { reading } from '../../src/model/observation.ts';
import type { Quantity } from '../../src/model/quantity.ts';
import type { Adapter } from './adapter.ts';

interface Status {
  readonly order_of_measured_values?: readonly string[];
  readonly status_register?: readonly { readonly value: string; readonly flags: readonly string[] }[];
}

const QUANTITIES: Readonly<Record<string, Quantity>> = {
  pm1p0: 'pm1',
  pm2p5: 'pm25',
  pm4p0: 'pm4',
  pm10p0: 'pm10',
  humidity: 'relative_humidity',
  temperature: 'air_temperature',
  voc_index: 'voc_index',
  nox_index: 'nox_index',
};

const PM = ['pm1', 'pm25', 'pm4', 'pm10'] as const;
const LOST: Readonly<Record<string, { readonly why: string; readonly streams: readonly Quantity[] }>> = {
  fan_error: { why: 'fan', streams: PM },
  laser_error: { why: 'laser', streams: PM },
  sht_error: { why: 'rht', streams: ['relative_humidity', 'air_temperature'] },
  sgp_error: { why: 'gas-sensor', streams: ['voc_index', 'nox_index'] },
  fan_cleaning: { why: 'cleaning', streams: PM },
  fan_speed_out_of_specs: { why: 'fan-speed', streams: PM },
};

// Long after the start, so that nothing warms up.
const SETTLED_MS = 3_600_000;

/** The order of the values and the flags of the status, as Sensirion's own tests have them. */
export const sen5x: Adapter = ({ json }) => {
  const { order_of_measured_values: order, status_register: statuses = [] } = json as Status;
  return [
    ...(order ? [{ name: 'the order of the measured values', run: () => inOrder(order) }] : []),
    ...statuses.map(({ value, flags }) => ({ name: `status ${value}`, run: () => withStatus(value, flags) })),
  ];
};

function inOrder(order: readonly string[]): void {
  for (const [index, name] of order.entries()) {
    const words = order.map((_, at) => (at === index ? 2000 : 4000));
    const sample = decode(words, driver.measures, { status: 0, forMs: SETTLED_MS });
    const usual = decode(
      order.map(() => 4000),
      driver.measures,
      { status: 0, forMs: SETTLED_MS },
    );
    const different = driver.measures.filter((quantity) => sample[quantity] !== usual[quantity]);
    expect(different).toEqual([QUANTITIES[name]]);
  }
}

function withStatus(value: string, flags: readonly string[]): void {
  const status = Number.parseInt(value, 16);
  const sample = decode([100, 100, 100, 100, 5000, 4000, 1000, 100], driver.measures, { status, forMs: SETTLED_MS });
  for (const quantity of driver.measures) {
    // The flags stand in the order of their bits, which is that of their gravity, but for the cleaning.
    const why = flags.map((flag) => LOST[flag]).find((lost) => lost?.streams.includes(quantity))?.why;
    expect(reading(sample[quantity] ?? 0).why, quantity).toBe(why);
  }
}
