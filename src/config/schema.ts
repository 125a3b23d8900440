import * as v from 'valibot';
import { quantityNames } from '../model/quantity.ts';
import { choice, durationBetween, number } from './fields.ts';

/**
 * The config file, as one schema: the loader, the errors and `config/dorpel.schema.json` come from it. What a driver's
 * `options` may hold is the driver's own schema, checked where the device is resolved.
 */

const SEGMENT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A name that can stand in a topic: RabbitMQ breaks on dots, NATS on spaces. */
const name = v.pipe(
  v.string(),
  v.regex(SEGMENT, 'a name of small letters, digits and hyphens'),
  v.maxLength(40),
  v.description('A name of small letters, digits and hyphens; it stands in topics.'),
);

const text = (help: string) => v.optional(v.pipe(v.string(), v.minLength(1), v.description(help)));

const location = v.optional(
  v.pipe(
    v.strictObject({
      latitude: v.pipe(v.number(), v.minValue(-90), v.maxValue(90), v.description('Degrees north, WGS84.')),
      longitude: v.pipe(v.number(), v.minValue(-180), v.maxValue(180), v.description('Degrees east, WGS84.')),
      heightM: v.optional(
        v.pipe(v.number(), v.minValue(-50), v.maxValue(500), v.description('Metres above the ground.')),
      ),
    }),
    v.description('Where it stands.'),
  ),
);

const governance = v.optional(
  v.pipe(
    v.strictObject({
      owner: text('The organisation that answers for the sensor.'),
      contact: text('Where residents can ask: an e-mail address or a page.'),
      goal: text('What the measurement is for.'),
      legalGround: text('The ground in law, where the data are personal.'),
      privacyUrl: v.optional(v.pipe(v.string(), v.url(), v.description('The privacy statement.'))),
      personalData: v.optional(v.pipe(v.boolean(), v.description('Whether the data can be traced to a person.'))),
      activeUntil: v.optional(
        v.pipe(v.string(), v.isoDate(), v.description('The day on which the sensor is to be removed, YYYY-MM-DD.')),
      ),
      audience: text('Who may see the data: public, city, operator.'),
      minGroup: v.optional(
        v.pipe(v.number(), v.integer(), v.minValue(1), v.description('Smaller groups of people are not told.')),
      ),
      registerReference: text('The number in the sensor register.'),
    }),
    v.description('What is measured for whom, why, and on what ground; told with every device.'),
  ),
);

const stream = v.strictObject({
  calibrate: v.optional(
    v.pipe(
      v.strictObject({
        offset: number({ default: 0, min: -1e6, max: 1e6, help: 'Added last, in the unit of the quantity.' }),
        scale: number({ default: 1, min: -1e6, max: 1e6, help: 'Factor.' }),
        polynomial: v.optional(
          v.pipe(
            v.array(v.pipe(v.number(), v.finite())),
            v.minLength(1),
            v.maxLength(6),
            v.description('Coefficients c0, c1, c2 …, applied before scale and offset.'),
          ),
          [0, 1],
        ),
      }),
      v.description('Local calibration: (c0 + c1·value + c2·value² …) · scale + offset.'),
    ),
  ),
  min: v.optional(v.pipe(v.number(), v.finite(), v.description('Lower values are told as out_of_range.'))),
  max: v.optional(v.pipe(v.number(), v.finite(), v.description('Higher values are told as out_of_range.'))),
  ratePerMinute: v.optional(
    v.pipe(
      v.number(),
      v.finite(),
      v.minValue(0),
      v.description('Faster changes, in units per minute, are told as jump.'),
    ),
  ),
  stuckAfter: v.optional(durationBetween({ min: '1min', help: 'A value unchanged for so long is told as stuck.' })),
});

const bus = v.variant(
  'kind',
  [
    v.strictObject({
      kind: v.literal('i2c'),
      path: v.pipe(v.string(), v.regex(/^\/dev\/i2c-\d+$/, 'a path such as /dev/i2c-1'), v.description('The bus.')),
    }),
    v.strictObject({
      kind: v.literal('serial'),
      path: v.pipe(
        v.string(),
        v.startsWith('/', 'an absolute path'),
        v.description('The line; /dev/serial/by-id/… finds the same adapter in any socket.'),
      ),
      baudRate: v.optional(
        v.pipe(
          v.number(),
          v.integer(),
          v.minValue(50),
          v.maxValue(4_000_000),
          v.description("Default: the part's own."),
        ),
      ),
      dataBits: v.optional(v.pipe(v.picklist([7, 8]), v.description("Default: the part's own."))),
      parity: v.optional(v.pipe(v.picklist(['none', 'even', 'odd']), v.description("Default: the part's own."))),
      stopBits: v.optional(v.pipe(v.picklist([1, 2]), v.description("Default: the part's own."))),
    }),
    v.strictObject({
      kind: v.literal('gpio'),
      chip: v.pipe(
        v.string(),
        v.minLength(1),
        v.description(
          'The label of the GPIO chip: pinctrl-bcm2835 (Pi 3, Zero 2), pinctrl-bcm2711 (Pi 4), pinctrl-rp1 (Pi 5).',
        ),
      ),
    }),
  ],
  'kind must be i2c, serial or gpio',
);

const device = v.strictObject({
  driver: v.pipe(v.string(), v.description('Which driver speaks with it: a folder of drivers/.')),
  bus: v.pipe(v.string(), v.description('The name of the bus that it is on.')),
  address: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(247),
      v.description("On I2C or Modbus. Default: the part's first."),
    ),
  ),
  line: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(511),
      v.description('On GPIO: the offset in the chip, on a Raspberry Pi the BCM number.'),
    ),
  ),
  activeLow: v.optional(v.pipe(v.boolean(), v.description('On GPIO: a low level means active.')), false),
  period: v.optional(durationBetween({ help: "How often a sample is kept. Default: the driver's." })),
  part: text('The product, where the driver serves several: SHT41.'),
  placement: v.optional(v.pipe(v.picklist(['indoor', 'outdoor']), v.description('Under a roof or not.')), 'indoor'),
  location,
  governance,
  options: v.optional(v.pipe(v.record(v.string(), v.unknown()), v.description("The driver's own options."))),
  streams: v.optional(
    v.pipe(v.record(v.picklist([...quantityNames]), stream), v.description('What is believed of single streams.')),
    {},
  ),
});

const uplink = v.strictObject({
  url: v.pipe(
    v.string(),
    v.regex(/^mqtts?:\/\/[^/@\s]+$/, 'mqtt://host:1883 or mqtts://host:8883'),
    v.description('mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password have keys of their own.'),
  ),
  protocol: v.optional(
    v.pipe(v.picklist([5, '3.1.1']), v.description('MQTT version; 3.1.1 where the broker knows no better (NATS).')),
    5,
  ),
  root: v.optional(
    v.pipe(v.string(), v.regex(SEGMENT, 'one topic segment'), v.description('First segment of every topic.')),
    'feed',
  ),
  clientId: v.optional(
    v.pipe(v.string(), v.minLength(1), v.maxLength(65), v.description('Default: the gateway’s id.')),
  ),
  username: text('Who we say we are.'),
  passwordFile: text('A file with the password; never the password itself.'),
  caFile: text('CA certificates (PEM) to trust; default: those of the system.'),
  certificateFile: text('Our certificate (PEM), where the broker asks for one.'),
  keyFile: text('Its private key (PEM).'),
  maxInFlight: number({
    default: 20,
    min: 1,
    max: 1000,
    whole: true,
    help: "Messages under way at most; the broker's own limit counts too.",
  }),
});

/** The whole file. */
export const configSchema = v.strictObject({
  gateway: v.strictObject({
    id: v.pipe(name, v.description('The name of this gateway, unique with its owner.')),
    owner: v.pipe(name, v.description('Who answers for it: the municipality.')),
    location,
    governance,
  }),
  storage: v.optional(
    v.strictObject({
      path: v.optional(
        v.pipe(v.string(), v.minLength(1), v.description('The directory of the outbox.')),
        '/var/lib/dorpel',
      ),
      profile: choice(['sd-card', 'ssd'], { default: 'sd-card', help: 'sd-card commits every 5 s, ssd every second.' }),
      commit: v.optional(
        durationBetween({ min: '50ms', max: '60s', help: "Time between two commits. Default: the profile's." }),
      ),
    }),
    {},
  ),
  buses: v.optional(v.record(name, bus), {}),
  devices: v.optional(v.record(name, device), {}),
  uplinks: v.optional(v.record(name, uplink), {}),
});

/** The file after the schema, before buses and devices have been brought together. */
export type ConfigFile = v.InferOutput<typeof configSchema>;
