import * as v from 'valibot';
import { choice, duration, flag, number, type Schema } from './fields.ts';

/**
 * The config file, as one schema: the loader, the errors and `config/dorpel.schema.json` come from it. What a driver's
 * `options` may hold is the driver's own schema, checked where the device is resolved. Messages complete "should be …".
 */

const SEGMENT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

const NAME = 'a name of small letters, digits and hyphens';

/** A name that can stand in a topic: RabbitMQ breaks on dots, NATS on spaces. */
const name = v.pipe(
  v.string(NAME),
  v.regex(SEGMENT, NAME),
  v.maxLength(40, 'a name of at most 40 letters'),
  v.description('A name of small letters, digits and hyphens; it stands in topics.'),
);

const text = (help: string) =>
  v.pipe(v.string('a text'), v.minLength(1, 'a text that is not empty'), v.description(help));

const optionalText = (help: string) => v.optional(text(help));

/** A number without limits of its own. */
const anyNumber = (help: string) => v.pipe(v.number('a number'), v.finite('a number'), v.description(help));

/** A part of the file that may be left out, or stand there with nothing below it. */
function section<T>(schema: v.GenericSchema<unknown, T>): Schema<T> {
  return v.nullish(schema, {} as never) as Schema<T>;
}

const location = v.optional(
  v.pipe(
    v.strictObject({
      latitude: number({ min: -90, max: 90, help: 'Degrees north, WGS84.' }),
      longitude: number({ min: -180, max: 180, help: 'Degrees east, WGS84.' }),
      heightM: v.optional(number({ min: -50, max: 500, help: 'Metres above the ground.' })),
    }),
    v.description('Where it stands.'),
  ),
);

const governance = v.optional(
  v.pipe(
    v.strictObject({
      owner: optionalText('The organisation that answers for the sensor.'),
      contact: optionalText('Where residents can ask: an e-mail address or a page.'),
      goal: optionalText('What the measurement is for.'),
      legalGround: optionalText('The ground in law, where the data are personal.'),
      privacyUrl: v.optional(
        v.pipe(
          v.string('a text'),
          v.url('an address such as https://example.org/privacy'),
          v.description('The privacy statement.'),
        ),
      ),
      personalData: v.optional(flag({ help: 'Whether the data can be traced to a person.' })),
      activeUntil: v.optional(
        v.pipe(
          v.string('a day such as 2030-12-31'),
          v.isoDate('a day such as 2030-12-31'),
          v.description('The day on which the sensor is to be removed, YYYY-MM-DD.'),
        ),
      ),
      audience: optionalText('Who may see the data: public, city, operator.'),
      minGroup: v.optional(number({ min: 1, max: 1000, whole: true, help: 'Smaller groups of people are not told.' })),
      registerReference: optionalText('The number in the sensor register.'),
    }),
    v.description('What is measured for whom, why, and on what ground; told with every device.'),
  ),
);

const calibrate = v.pipe(
  v.strictObject({
    offset: number({ default: 0, min: -1e6, max: 1e6, help: 'Added last, in the unit of the quantity.' }),
    scale: v.pipe(
      number({ default: 1, min: -1e6, max: 1e6, help: 'Factor.' }),
      v.check((factor) => factor !== 0, 'a number other than 0'),
    ),
    polynomial: v.optional(
      v.pipe(
        v.array(v.pipe(v.number('a number'), v.finite('a number')), 'a list such as [0, 1]'),
        v.minLength(1, 'a list of 1 to 6 numbers'),
        v.maxLength(6, 'a list of 1 to 6 numbers'),
        v.description('Coefficients c0, c1, c2 …, applied before scale and offset.'),
      ),
      [0, 1],
    ),
  }),
  v.description('Local calibration: (c0 + c1·value + c2·value² …) · scale + offset.'),
);

const stream = v.strictObject({
  calibrate: v.optional(calibrate),
  min: v.optional(anyNumber('Lower values are told as out_of_range.')),
  max: v.optional(anyNumber('Higher values are told as out_of_range.')),
  ratePerMinute: v.optional(
    number({ min: 0, max: 1e9, help: 'Faster changes, in units per minute, are told as jump.' }),
  ),
  stuckAfter: v.optional(duration({ min: '1min', help: 'A value unchanged for so long is told as stuck.' })),
});

const BUS_PATH = 'The device file: /dev/i2c-1, or /dev/serial/by-id/…, which finds the same adapter in any socket.';
const ownDefault = "Default: the part's own.";

const bus = v.variant(
  'kind',
  [
    v.strictObject({
      kind: v.literal('i2c'),
      path: v.pipe(
        v.string('a path such as /dev/i2c-1'),
        v.regex(/^\/dev\/i2c-\d+$/, 'a path such as /dev/i2c-1'),
        v.description(BUS_PATH),
      ),
    }),
    v.strictObject({
      kind: v.literal('serial'),
      path: v.pipe(
        v.string('an absolute path such as /dev/ttyUSB0'),
        v.regex(/^\//, 'an absolute path such as /dev/ttyUSB0'),
        v.description(BUS_PATH),
      ),
      baudRate: v.optional(number({ min: 50, max: 4_000_000, whole: true, help: ownDefault })),
      dataBits: v.optional(v.pipe(v.picklist([7, 8], '7 or 8'), v.description(ownDefault))),
      parity: v.optional(choice(['none', 'even', 'odd'], { help: ownDefault })),
      stopBits: v.optional(v.pipe(v.picklist([1, 2], '1 or 2'), v.description(ownDefault))),
    }),
    v.strictObject({
      kind: v.literal('gpio'),
      chip: text(
        'The label of the GPIO chip: pinctrl-bcm2835 (Pi 3, Zero 2), pinctrl-bcm2711 (Pi 4), pinctrl-rp1 (Pi 5).',
      ),
    }),
  ],
  'i2c, serial or gpio',
);

const device = v.strictObject({
  driver: text('Which driver speaks with it: a folder of drivers/.'),
  bus: text('The name of the bus that it is on.'),
  address: v.optional(number({ min: 0, max: 247, whole: true, help: "On I2C or Modbus. Default: the part's first." })),
  line: v.optional(
    number({
      min: 0,
      max: 511,
      whole: true,
      help: 'On GPIO: the offset in the chip, on a Raspberry Pi the BCM number.',
    }),
  ),
  activeLow: flag({ default: false, help: 'On GPIO: a low level means active.' }),
  period: v.optional(duration({ help: "How often a sample is kept. Default: the driver's." })),
  part: optionalText('The product, where the driver serves several: SHT41.'),
  placement: choice(['indoor', 'outdoor'], { default: 'indoor', help: 'Under a roof or not.' }),
  location,
  governance,
  options: section(v.pipe(v.record(v.string(), v.unknown()), v.description("The driver's own options."))),
  // Which quantities there are, the driver knows.
  streams: section(v.pipe(v.record(v.string(), stream), v.description('What is believed of single streams.'))),
});

const uplink = v.strictObject({
  url: v.pipe(
    v.string('mqtt://host:1883 or mqtts://host:8883'),
    v.check((url) => !url.includes('@'), 'an address without name and password'),
    v.regex(/^mqtts?:\/\/[^/@\s]+$/, 'mqtt://host:1883 or mqtts://host:8883'),
    v.check(URL.canParse, 'mqtt://host:1883 or mqtts://host:8883'),
    v.description('mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.'),
  ),
  protocol: v.optional(
    v.pipe(
      v.picklist([5, '3.1.1'], '5 or 3.1.1'),
      v.description('MQTT version; 3.1.1 where the broker knows no better (NATS).'),
    ),
    5,
  ),
  root: v.optional(
    v.pipe(v.string(NAME), v.regex(SEGMENT, NAME), v.description('First segment of every topic.')),
    'feed',
  ),
  clientId: v.optional(v.pipe(text("Default: the gateway's id."), v.maxLength(65, 'a text of at most 65 letters'))),
  username: optionalText('Who we say we are.'),
  passwordFile: optionalText('A file with the password; never the password itself.'),
  caFile: optionalText('CA certificates (PEM) to trust; default: those of the system.'),
  certificateFile: optionalText('Our certificate (PEM), where the broker asks for one.'),
  keyFile: optionalText('Its private key (PEM).'),
  batches: choice(['backlog', 'never'], {
    default: 'backlog',
    help: 'A backlog is told in batches of observations; never: one message for each, always.',
  }),
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
  gateway: v.pipe(
    v.strictObject({
      id: v.pipe(name, v.description('The name of this gateway, unique with its owner.')),
      owner: v.pipe(name, v.description('Who answers for it: the municipality.')),
      location,
      governance,
    }),
    v.description('Which gateway this is; id and owner.'),
  ),
  storage: section(
    v.strictObject({
      path: v.optional(text('The directory of the outbox.'), '/var/lib/dorpel'),
      profile: choice(['sd-card', 'ssd'], { default: 'sd-card', help: 'sd-card commits every 5 s, ssd every second.' }),
      commit: v.optional(
        duration({ min: '50ms', max: '60s', help: "Time between two commits. Default: the profile's." }),
      ),
    }),
  ),
  buses: section(v.record(name, bus)),
  devices: section(v.record(name, device)),
  uplinks: section(v.record(name, uplink)),
});

/** The file after the schema, before buses and devices have been brought together. */
export type ConfigFile = v.InferOutput<typeof configSchema>;
