import * as v from 'valibot';
import type { Driver } from '../driver-kit.ts';

/** The options of a device whose YAML names none; undefined for a driver that needs some. */
export function defaultOptions({ options }: Driver): object | undefined {
  const { success, output } = v.safeParse(options, {});
  return success ? output : undefined;
}
