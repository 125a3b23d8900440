/**
 * Meters on a wired M-Bus: heat, cold, water, gas and electricity, of any maker, through a level converter.
 *
 * Headings in quotes are those of EN 13757-2 (link layer) and EN 13757-3 (application).
 */
import {
  choice,
  duration,
  number,
  options,
  type Parsed,
  type Quantity,
  SensorError,
  type SerialDriver,
  text,
  withoutValues,
} from '../../src/driver-kit.ts';
import { Budget } from './budget.ts';
import { type Header, identityOf, type Telegram } from './header.ts';
import { ANY_ADDRESS, deselect, isSelectedBy, leastReadingMs, readMeter, secondaryBytes, type Target } from './link.ts';
import { kinds, MEDIA, measures, TOLD_BY_ALL, UNSAID_MEDIA } from './meanings.ts';
import { plain, sampleOf } from './readings.ts';
import { metersOn } from './search.ts';

const fields = options({
  // No default: energy is heat for one meter and electricity for another, and a wrong guess would go unnoticed.
  meter: choice(kinds, { help: 'What the meter measures' }),
  secondary: text({
    help: 'The number on the meter, eight digits in quotes, F for any digit; or sixteen, as a scan shows them. Empty: by address',
    pattern: /^([0-9A-Fa-f]{8}([0-9A-Fa-f]{8})?)?$/,
    wanted: 'eight or sixteen digits in quotes, such as "12345678" or "1234FFFF"',
    default: '',
  }),
  readsPerDay: number({
    help: 'At most so many readings a day: each costs a battery meter some of its life',
    default: 100,
    min: 1,
    max: 86_400,
    whole: true,
  }),
  mostTelegrams: number({
    help: 'Read so many telegrams of an answer that has several',
    default: 8,
    min: 1,
    max: 64,
    whole: true,
  }),
  patience: duration({
    help: 'Wait so much longer than EN 13757-2 allows, for slow meters and converters that hold bytes back',
    default: '150ms',
    max: '5s',
  }),
  meterClock: choice(['cet', 'utc'], {
    help: "How the meter's clock is set: Central European time, or UTC. It counts for stored values only",
    default: 'cet',
  }),
});

const DAY_S = 86_400;
/** Of the day's readings so many are for polls; each start takes one as well. 96 of 100: one every 15 minutes. */
const FOR_POLLS = 0.96;

export type MbusOptions = Parsed<typeof fields>;

/** One reading per poll: reset or select, then every telegram of the answer. */
export const driver: SerialDriver<MbusOptions> = {
  part: 'mbus',
  bus: 'serial',
  line: { baudRate: 2400, dataBits: 8, parity: 'even', stopBits: 1 },
  // "A-field": 0 is a meter that was given no address yet, 254 the only one on the line.
  addresses: [1, ...Array.from({ length: 249 }, (_, index) => index + 2), 0, ANY_ADDRESS],
  selectedBy: ({ secondary }) => secondary.toUpperCase() || undefined,
  measures,
  streams: ({ meter }) => TOLD_BY_ALL[meter],
  options: fields,
  period: { default: '15min', least: '10s', why: 'one reading takes a meter at 300 baud as long' },
  busyMs: ({ secondary }, line) => leastReadingMs(secondary !== '', line.baudRate),
  leastPeriod: ({ readsPerDay }) => ({
    seconds: Math.ceil(DAY_S / (readsPerDay * FOR_POLLS)),
    why: `readsPerDay is ${readsPerDay}, some of them for restarts; raise it only for a meter that has no battery`,
  }),
  // Ten telegrams of 261 characters at 300 baud take 96 s, and there may be two answers in a conversation.
  deadline: '5min',

  search: {
    lines: [300, 9600].map((baudRate) => ({ baudRate, dataBits: 8, parity: 'even', stopBits: 1 })),
    askAll: metersOn,
  },

  create(device, given, memory) {
    const { meter, meterClock, readsPerDay, mostTelegrams } = given;
    const secondary = given.secondary ? secondaryBytes(given.secondary) : undefined;
    const target: Target = { device, secondary, patienceMs: given.patience, mostTelegrams };
    const budget = new Budget(readsPerDay, memory);
    let known: Header | undefined;
    let streams: readonly Quantity[] = TOLD_BY_ALL[meter];

    return {
      async start() {
        if (!(await budget.take(device.uptimeMs()))) throw new SensorError('not-ready', spent(readsPerDay));
        if (secondary) await deselect(target);
        const telegrams = await readMeter(target);
        const header = telegrams[0]?.header;
        prove(header, given);
        known = header;
        return identityOf(header);
      },
      async poll() {
        if (!(await budget.take(device.uptimeMs()))) return withoutValues(streams, 'read-budget');
        const telegrams = await readMeter(target);
        refuseOthers(telegrams, known);
        refuseBusy(telegrams);
        const sample = plain(sampleOf(telegrams, { kind: meter, clock: meterClock }));
        streams = Object.keys(sample) as Quantity[];
        return sample;
      },
    };
  },
};

const spent = (readsPerDay: number) =>
  `the meter was read ${readsPerDay} times within a day: raise readsPerDay only if its battery bears it`;

/** That it is the meter that was meant, and that it measures what the config says. */
function prove(header: Header | undefined, { meter, secondary }: MbusOptions): void {
  if (!header) return;
  const { id, medium, manufacturer = 'unknown maker' } = header;
  if (secondary && !isSelectedBy(secondaryBytes(secondary), header.secondary)) {
    throw new SensorError('wrong-device', `meter ${id} (${manufacturer}) answers to the selection ${secondary}`);
  }
  if (MEDIA[meter].includes(medium) || UNSAID_MEDIA.includes(medium)) return;
  const told = medium.toString(16).padStart(2, '0');
  throw new SensorError('wrong-device', `meter ${id} (${manufacturer}) is of device type ${told}: not for ${meter}`);
}

/** "Status field", "application busy" and "any application error": the records are then not to be read. */
function refuseBusy(telegrams: readonly Telegram[]): void {
  for (const { status } of telegrams) {
    if (status.application === 'busy') throw new SensorError('not-ready', 'the meter says that it is busy');
    if (status.application === 'error') throw new SensorError('refused', 'the meter says: application error');
  }
}

/** A meter that was swapped starts anew, with a descriptor of its own. */
function refuseOthers(telegrams: readonly Telegram[], known: Header | undefined): void {
  const other = telegrams.find(({ header }) => header && known && header.id !== known.id);
  if (!other) return;
  throw new SensorError('wrong-device', `meter ${other.header?.id} answers, where meter ${known?.id} did: swapped?`);
}
