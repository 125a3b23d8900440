import * as v from 'valibot';
import { bytes, choice, duration, flag, number } from './fields.ts';
import { health, metrics } from './health-schema.ts';
import { anyNumber, include, name, optionalText, section, text } from './texts.ts';
import { uplink } from './uplink-schema.ts';

/**
 * The config file, as one schema: the loader, the errors and `config/dorpel.schema.json` come from it. What a driver's
 * `options` may hold is the driver's own schema, checked where the device is resolved. Messages complete "should be …".
 */

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

/** What an installer may choose; an alert makes itself. */
const PRIORITY = ['low', 'normal', 'high'] as const;

const ALERT = 'an alert with above, below or both';

const alert = v.optional(
  v.pipe(
    v.strictObject({
      above: v.optional(anyNumber('Higher values are an alert.')),
      below: v.optional(anyNumber('Lower values are an alert.')),
    }),
    v.check(({ above, below }) => above !== undefined || below !== undefined, ALERT),
    v.description('What is told at once, before everything else: the first value beyond, and the first back within.'),
  ),
);

const stream = v.strictObject({
  calibrate: v.optional(calibrate),
  min: v.optional(anyNumber('Lower values are told as out_of_range.')),
  max: v.optional(anyNumber('Higher values are told as out_of_range.')),
  ratePerMinute: v.optional(
    number({ min: 0, max: 1e9, help: 'Faster changes, in units per minute, are told as jump.' }),
  ),
  stuckAfter: v.optional(duration({ min: '1min', help: 'A value unchanged for so long is told as stuck.' })),
  priority: v.optional(choice(PRIORITY, { help: "How much it matters when room is short. Default: the device's." })),
  alert,
});

const BUS_PATH = 'The device file: /dev/i2c-1, or /dev/serial/by-id/…, which finds the same adapter in any socket.';
const ONE_WIRE_ID = 'a number such as 28-0316a2798dff';
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
      kind: v.literal('onewire'),
      path: v.optional(
        v.pipe(
          v.string('an absolute path such as /sys/bus/w1'),
          v.regex(/^\//, 'an absolute path such as /sys/bus/w1'),
          v.description("Where the kernel shows its 1-Wire buses: all of the board's together."),
        ),
        '/sys/bus/w1',
      ),
    }),
    v.strictObject({
      kind: v.literal('gpio'),
      chip: text(
        'The label of the GPIO chip: pinctrl-bcm2835 (Pi 3, Zero 2), pinctrl-bcm2711 (Pi 4), pinctrl-rp1 (Pi 5).',
      ),
    }),
  ],
  'i2c, serial, onewire or gpio',
);

const device = v.strictObject({
  driver: text('Which driver speaks with it: a folder of drivers/, or one of the files under drivers:.'),
  bus: text('The name of the bus that it is on.'),
  address: v.optional(
    number({ min: 0, max: 254, whole: true, help: "On I2C, Modbus or M-Bus. Default: the part's first." }),
  ),
  id: v.optional(
    v.pipe(
      v.string(ONE_WIRE_ID),
      v.regex(/^[0-9a-f]{2}-[0-9a-f]{12}$/, ONE_WIRE_ID),
      v.description('On 1-Wire: the number of the part, a folder of /sys/bus/w1/devices.'),
    ),
  ),
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
  deadline: v.optional(
    duration({
      min: '100ms',
      max: '10min',
      help: "How long one conversation may take; then the next on its bus has its turn. Default: the driver's.",
    }),
  ),
  part: optionalText('The product, where the driver serves several: SHT41.'),
  placement: choice(['indoor', 'outdoor'], { default: 'indoor', help: 'Under a roof or not.' }),
  priority: choice(PRIORITY, { default: 'normal', help: 'How much it matters when room is short: low goes first.' }),
  location,
  governance,
  options: section(v.pipe(v.record(v.string(), v.unknown()), v.description("The driver's own options."))),
  // Which quantities there are, the driver knows.
  streams: section(v.pipe(v.record(v.string(), stream), v.description('What is believed of single streams.'))),
});

/** The whole file. */
export const configSchema = v.strictObject({
  gateway: v.pipe(
    v.strictObject({
      id: v.pipe(name, v.description('The name of this gateway, unique with its owner.')),
      owner: v.pipe(name, v.description('Who answers for it: the municipality.')),
      location,
      governance,
      health,
    }),
    v.description('Which gateway this is; id and owner.'),
  ),
  storage: section(
    v.pipe(
      v.strictObject({
        path: v.optional(text('The directory of the outbox.'), '/var/lib/dorpel'),
        profile: choice(['sd-card', 'ssd'], {
          default: 'sd-card',
          help: 'sd-card commits every 5 s, ssd every second.',
        }),
        commit: v.optional(
          duration({ min: '50ms', max: '60s', help: "Time between two commits. Default: the profile's." }),
        ),
        quota: v.optional(
          bytes({
            min: '8MiB',
            help: 'The outbox takes no more room. Default: a third of the free disk, at most 2GiB.',
          }),
        ),
        thinning: v.optional(
          number({
            min: 2,
            max: 1000,
            whole: true,
            help: 'When room is short, one of so many that wait is kept before any is dropped. Default: none.',
          }),
        ),
        durability: choice(['commit', 'after-ack'], {
          default: 'commit',
          help: 'commit: told when it is durable; after-ack: told at once, made durable only where no answer came.',
        }),
        clockWait: duration({
          default: '10min',
          max: '7d',
          help: 'How long observations wait for the clock to be known; then they are told as unsynced.',
        }),
      }),
      v.description('Where observations wait until every uplink has them.'),
    ),
  ),
  include,
  metrics,
  drivers: v.nullish(
    v.pipe(
      v.array(text('The path of a driver file, relative to this one.'), 'a list of files such as [drivers/wind.mjs]'),
      v.description('Files with drivers from outside; drivers/README.md says how one is written.'),
    ),
    [],
  ),
  buses: section(v.pipe(v.record(name, bus), v.description('What parts are wired to.'))),
  devices: section(v.pipe(v.record(name, device), v.description('The parts, each with a name of its own.'))),
  uplinks: section(v.pipe(v.record(name, uplink), v.description('The platforms that are told.'))),
});

/** The file after the schema, before buses and devices have been brought together. */
export type ConfigFile = v.InferOutput<typeof configSchema>;
