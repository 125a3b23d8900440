import type { BusConfig } from '../config/config.ts';
import { findings, lasting } from '../health/findings.ts';
import type { DeviceStatus, Status } from '../health/status.ts';
import type { Check, Found } from './check.ts';

/** A pattern of faults on one bus, and what it looks like from the field. */
interface Pattern {
  readonly bus: BusConfig['kind'];
  /** Kinds of faults (src/model/errors.ts). */
  readonly faults: readonly string[];
  /** Whether every part of the bus is at fault; absent where that says nothing. */
  readonly isWhole?: boolean;
  /** Drivers; absent: any. */
  readonly drivers?: readonly string[];
  readonly look: string;
}

const SPEAKING = ['pms5003', 'sds011', 'ld2410', 'mh-z19', 'sps30-uart'];

/** The first that fits is told. What each part wants is in its driver's README, "Wiring". */
const PATTERNS: readonly Pattern[] = [
  {
    bus: 'i2c',
    faults: ['no-acknowledge', 'timeout', 'bus'],
    isWhole: true,
    look: 'no part of the bus answers: 3.3 V and ground, SDA and SCL swapped, pull-ups (1.8 to 10 kΩ), a part that holds a line low',
  },
  {
    bus: 'i2c',
    faults: ['no-acknowledge'],
    look: 'only this part does not answer: its address (jumper, ADDR pin), its own power, its plug; i2cdetect -y N shows who is there',
  },
  {
    bus: 'i2c',
    faults: ['checksum', 'timeout'],
    look: 'bytes come damaged: a cable that is too long for I2C (keep it below 1 m), weak pull-ups; a slower bus helps (dtparam=i2c_arm_baudrate=10000)',
  },
  {
    bus: 'serial',
    faults: ['timeout'],
    drivers: ['dsmr-p1'],
    look: 'the meter says nothing: data request (pin 2) must have 5 V, the cable must invert the line, and a splitter needs power; is the plug in the right port?',
  },
  {
    bus: 'serial',
    faults: ['checksum', 'implausible'],
    drivers: ['dsmr-p1'],
    look: 'telegrams come damaged: 115200 8N1 (meters before DSMR 4: 9600 7E1), a cable that inverts twice or not at all, or too long',
  },
  {
    bus: 'serial',
    faults: ['timeout'],
    drivers: ['mbus'],
    look: 'no meter answers: does the M-Bus master have power (24 to 42 V between the wires), is it 2400 8E1, is the primary address right?',
  },
  {
    bus: 'serial',
    faults: ['timeout', 'not-ready'],
    drivers: SPEAKING,
    look: 'the part says nothing: TX and RX swapped, 5 V where it wants 5 V, its SET or sleep pin',
  },
  {
    bus: 'serial',
    faults: ['checksum', 'implausible'],
    look: 'bytes come damaged: parity and stop bits as in the meter’s menu, A and B swapped, termination (120 Ω) at both ends only, two parts at one address',
  },
  {
    bus: 'serial',
    faults: ['timeout', 'bus'],
    isWhole: true,
    look: 'no part of the line answers: baud rate and parity, A and B swapped, the adapter’s power; an adapter that does not switch its direction by itself',
  },
  {
    bus: 'serial',
    faults: ['timeout'],
    look: 'only this part does not answer: its address and baud rate in its menu, its power, its stub of the line',
  },
  {
    bus: 'onewire',
    faults: ['no-acknowledge', 'timeout', 'bus'],
    isWhole: true,
    look: 'no part of the bus is seen: pull-up (4.7 kΩ to 3.3 V), data on the overlay’s pin (GPIO 4 unless said otherwise), ground',
  },
  {
    bus: 'onewire',
    faults: ['no-acknowledge', 'timeout'],
    look: 'only this part is not seen: its id (ls /sys/bus/w1/devices), its plug, a stub that is too long',
  },
  {
    bus: 'onewire',
    faults: ['checksum'],
    look: 'bytes come damaged: a stronger pull-up (2.2 kΩ), a bus without branches, power by a third wire',
  },
  {
    bus: 'gpio',
    faults: ['bus'],
    look: 'the line is not to be had: another program or an overlay uses it; gpioinfo shows who',
  },
];

const WRONG_DEVICE = 'another part answers there: is the address right, is the driver that of the part?';

/** What the faults of the gateway's devices look like. Without a gateway that runs nothing is known of them. */
export function wiringChecks(status: Status, buses: readonly BusConfig[]): Check[] {
  return [{ subject: 'devices', look: () => lookAtDevices(status, buses) }];
}

function lookAtDevices(status: Status, buses: readonly BusConfig[]): Found[] {
  const found = buses.flatMap((bus) => lookAtBus(bus, status.devices));
  const told = new Set(found.map(({ subject }) => subject));
  // Late, doubtful and stuck ones: the gateway's own account of them, without what was told above.
  const more = findings(status).filter(({ about, name }) => about === 'device' && !told.has(`device ${name}`));
  const atFault = new Set(status.devices.filter(({ state }) => state === 'fault').map(({ device }) => device));
  const others = more
    .filter(({ name }) => !atFault.has(name))
    .map(({ name, what, next }): Found => ({ subject: `device ${name}`, verdict: 'warning', what, hint: next }));
  const all = [...found, ...others];
  if (all.length > 0) return all;
  return [{ subject: 'devices', verdict: 'ok', what: `all ${status.devices.length} are read` }];
}

function lookAtBus({ name, kind }: BusConfig, devices: readonly DeviceStatus[]): Found[] {
  const here = devices.filter(({ bus }) => bus === name);
  const broken = here.filter(({ state }) => state === 'fault');
  const isWhole = here.length > 1 && broken.length === here.length;
  const hintFor = ({ driver, fault }: DeviceStatus) => wiringHint({ kind, driver, fault: fault?.kind ?? '', isWhole });
  const [first] = broken;
  if (!first) return [];
  const hints = new Set(broken.map(hintFor));
  if (isWhole && hints.size === 1) {
    const what = `all ${here.length} parts on it are at fault, such as ${first.device}: ${faultText(first)}`;
    return [withHint({ subject: `bus ${name}`, verdict: 'wrong', what }, hintFor(first))];
  }
  return broken.map((device) =>
    withHint({ subject: `device ${device.device}`, verdict: 'wrong', what: faultText(device) }, hintFor(device)),
  );
}

function faultText({ fault, forSeconds }: DeviceStatus): string {
  return `${fault?.message ?? 'at fault'} (${fault?.kind ?? 'unknown'}), for ${lasting(forSeconds)}`;
}

const withHint = (found: Found, hint: string | undefined): Found => (hint === undefined ? found : { ...found, hint });

/** A part at fault: on which kind of bus, with which kind of fault, and whether its neighbours are, too. */
export interface Faulty {
  readonly kind: BusConfig['kind'];
  readonly driver: string;
  readonly fault: string;
  readonly isWhole: boolean;
}

/** What to look at, in the field; undefined where the fault says nothing about wires. */
export function wiringHint({ kind, driver, fault, isWhole }: Faulty): string | undefined {
  if (fault === 'wrong-device') return WRONG_DEVICE;
  const pattern = PATTERNS.find(
    (one) =>
      one.bus === kind &&
      one.faults.includes(fault) &&
      (one.isWhole ?? isWhole) === isWhole &&
      (one.drivers?.includes(driver) ?? true),
  );
  return pattern && `${pattern.look} (drivers/${driver}/README.md, Wiring)`;
}
