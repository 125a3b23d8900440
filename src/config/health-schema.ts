import * as v from 'valibot';
import { duration, number } from './fields.ts';

/** How the gateway shows how it is: to its platforms, and to whoever keeps an eye on machines. */

const HEALTH = 'a duration such as 60s, or false';

/** Of `gateway`. */
export const health = v.optional(
  v.pipe(
    v.union([v.literal(false), duration({ min: '10s', help: 'How often.' })], HEALTH),
    v.description('How often the gateway measures itself, as a device called gateway; false: never.'),
  ),
  '60s',
);

/** Where Prometheus may ask. An address is not to be had: nothing here listens on a network. */
export const metrics = v.optional(
  v.pipe(
    v.strictObject({
      port: number({ min: 1, max: 65_535, whole: true, help: 'The port, on 127.0.0.1 alone; 9464 is customary.' }),
    }),
    v.description('The same status for Prometheus, at http://127.0.0.1:PORT/metrics. Default: none.'),
  ),
);
