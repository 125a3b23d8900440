import * as v from 'valibot';
import type { Quantity } from '../model/quantity.ts';
import { duration, list, type Parsed, quantityName } from './fields.ts';

const share = {
  often: list(quantityName({ help: 'the README of the driver lists what each model tells' }), {
    help: 'what is read at every period, the rest less often: more of the line is left for it; []: all',
    default: [],
  }),
  restEvery: duration({
    help: 'where often names some: how often the rest is read',
    default: '60s',
    min: '1s',
    max: '1d',
  }),
};

/**
 * The options of a driver whose part has a register map: its own, and how often each value is read. `told`: the quantities
 * of a device with these options; only they can be wanted often.
 */
export function meterOptions<const F extends v.ObjectEntries>(
  fields: F,
  told: (options: Parsed<v.StrictObjectSchema<F, undefined>>) => readonly Quantity[],
) {
  return v.pipe(
    v.strictObject({ ...fields, ...share }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const { value } = dataset;
      const known = told(value);
      const often = value.often ?? []; // it is there; behind F the compiler cannot see it
      for (const [at, quantity] of often.entries()) {
        if (known.includes(quantity)) continue;
        const inOptions = { type: 'object', origin: 'value', input: value, key: 'often', value: often } as const;
        const inList = { type: 'array', origin: 'value', input: [...often], key: at, value: quantity } as const;
        addIssue({ message: 'a quantity that this device tells', input: quantity, path: [inOptions, inList] });
      }
    }),
  );
}
