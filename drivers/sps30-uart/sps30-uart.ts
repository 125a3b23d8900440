/**
 * Sensirion SPS30 on a serial line: particulate matter by laser scattering.
 *
 * The line speaks SHDLC (`src/protocol/shdlc.ts`). Headings in quotes are those of the SPS30 datasheet.
 */
import {
  askShdlc,
  choice,
  number,
  options,
  type Parsed,
  Patience,
  SensorError,
  type SerialDevice,
  type SerialDriver,
  SPS30,
  sps30Sample,
  sps30Streams,
  sps30Trouble,
  withoutValues,
} from '../../src/driver-kit.ts';

// "UART / SHDLC Commands"
const START_MEASUREMENT = 0x00;
const STOP_MEASUREMENT = 0x01;
const READ_MEASURED_VALUES = 0x03;
const WAKE_UP = 0x11;
const CLEANING_INTERVAL = 0x80;
const DEVICE_INFORMATION = 0xd0;
const READ_VERSION = 0xd1;
const READ_STATUS = 0xd2;

const ADDRESS = 0;
const AS_FLOATS = [0x01, 0x03] as const;

// "State": bit 7 only says that the status register has more.
const STATE = 0x7f;
const NOT_IN_THIS_STATE = 0x43;
const STATES: Readonly<Record<number, string>> = {
  1: 'wrong data length for this command',
  2: 'unknown command',
  3: 'no access right for this command',
  4: 'illegal parameter',
  40: 'internal function argument out of range',
  67: 'command not allowed in the current state',
};

// "Fan Auto Cleaning": nothing new is measured for 10 s.
const PATIENCE_MS = 15_000;
const DAY_SECONDS = 86_400;

const fields = options({
  report: choice(['mass', 'all'], {
    default: 'mass',
    help: 'mass concentrations alone, or also the numbers of particles and their typical size',
  }),
  cleaningInterval: number({
    help: 'the part cleans its fan every so many days of work, 10 s at full speed; 0: never',
    default: 7,
    min: 0,
    max: 60,
    unit: 'd',
    whole: true,
  }),
});

/** The options in YAML. */
export type Sps30UartOptions = Parsed<typeof fields>;

/** SPS30 by UART: starts it with a known form of output, then reads its status and its newest measurement at each poll. */
export const driver: SerialDriver<Sps30UartOptions> = {
  part: 'sps30-uart',
  bus: 'serial',
  line: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
  measures: sps30Streams.all,
  streams: ({ report }) => sps30Streams[report],
  options: fields,
  period: { default: '60s', least: '2s', why: 'it measures every second' },
  // "Start-up time": up to 30 s in clean air.
  warmUpSeconds: 30,

  search: {
    async ask(device) {
      await wake(device);
      return { identity: identityOf(await identify(device)) };
    },
  },

  create(device, { report, cleaningInterval }) {
    const patience = new Patience(PATIENCE_MS);
    const streams = sps30Streams[report];
    let hasStatus = false;
    return {
      async start() {
        patience.renew();
        await becomeIdle(device);
        const told = await identify(device);
        hasStatus = told.version >= SPS30.firmwareWithStatus;
        await setCleaningInterval(device, cleaningInterval * DAY_SECONDS);
        if (hasStatus) await readTrouble(device); // what went wrong before now is over
        await ask(device, START_MEASUREMENT, ...AS_FLOATS);
        return identityOf(told);
      },
      async poll() {
        const trouble = hasStatus ? await readTrouble(device) : undefined;
        if (trouble) return withoutValues(streams, trouble);
        const data = await ask(device, READ_MEASURED_VALUES);
        if (data.length === 0) {
          patience.strain(device.uptimeMs());
          return withoutValues(streams, 'not-ready');
        }
        patience.renew();
        return sps30Sample(valuesIn(data), streams);
      },
      // Unheard, it would go on wearing out its laser and its fan.
      stop: async () => void (await ask(device, STOP_MEASUREMENT)),
    };
  },
};

/** "Read Measured Values": its ten floats. */
export function valuesIn(data: Uint8Array): number[] {
  const { length } = sps30Streams.all;
  if (data.length !== 4 * length) throw new SensorError('implausible', `${data.length} bytes are no measurement`);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length }, (_, index) => view.getFloat32(4 * index));
}

/** The data of the answer; a SensorError that names its state if the part did not do as it was asked. */
async function ask(device: SerialDevice, command: number, ...data: readonly number[]): Promise<Uint8Array> {
  const answer = await askShdlc(device, { address: ADDRESS, command, data: Uint8Array.from(data) });
  const state = answer.state & STATE;
  if (state === 0) return answer.data;
  const kind = state === NOT_IN_THIS_STATE ? 'not-ready' : 'refused';
  const name = STATES[state] ?? 'unknown state';
  throw new SensorError(kind, `command 0x${command.toString(16)}: ${name} (0x${state.toString(16)})`);
}

/**
 * "Wake-up": the byte rouses the line of a part asleep. A part awake does not allow it, firmware before 2.0 does not know
 * it, and an idle part does not allow to be stopped: all of them answer, and that is enough.
 */
async function becomeIdle(device: SerialDevice): Promise<void> {
  await wake(device);
  await askShdlc(device, { address: ADDRESS, command: STOP_MEASUREMENT, data: new Uint8Array() });
}

async function wake(device: SerialDevice): Promise<void> {
  await device.write(Uint8Array.of(0xff));
  await askShdlc(device, { address: ADDRESS, command: WAKE_UP, data: new Uint8Array() });
}

interface Told {
  readonly version: number;
  readonly serialNumber: string;
}

const identityOf = ({ version, serialNumber }: Told) => {
  return { part: 'SPS30', serialNumber, firmware: `${version >> 8}.${version & 0xff}` };
};

async function identify(device: SerialDevice): Promise<Told> {
  const type = text(await ask(device, DEVICE_INFORMATION, 0x00));
  if (type !== SPS30.productType)
    throw new SensorError('wrong-device', `an SPS30 is ${SPS30.productType}, this is "${type}"`);
  const serialNumber = text(await ask(device, DEVICE_INFORMATION, 0x03));
  const [major = 0, minor = 0] = await ask(device, READ_VERSION);
  return { version: (major << 8) | minor, serialNumber };
}

/** "Read Device Status Register", clearing it: an error that is not over comes back within two seconds. */
async function readTrouble(device: SerialDevice): Promise<string | undefined> {
  return sps30Trouble(uint32(await ask(device, READ_STATUS, 1)));
}

/** "Auto Cleaning Interval" stands in non-volatile memory: written only where it differs. */
async function setCleaningInterval(device: SerialDevice, seconds: number): Promise<void> {
  if (uint32(await ask(device, CLEANING_INTERVAL, 0)) === seconds) return;
  await ask(
    device,
    CLEANING_INTERVAL,
    0,
    seconds >>> 24,
    (seconds >>> 16) & 0xff,
    (seconds >>> 8) & 0xff,
    seconds & 0xff,
  );
}

function text(data: Uint8Array): string {
  const [text = ''] = String.fromCharCode(...data).split('\0');
  return text;
}

function uint32(data: Uint8Array): number {
  if (data.length < 4) throw new SensorError('implausible', `${data.length} bytes are no 32-bit number`);
  return new DataView(data.buffer, data.byteOffset, 4).getUint32(0);
}
