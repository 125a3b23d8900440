import { OWN_DEVICE } from '../model/own-device.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Finding } from './findings.ts';
import type { Status } from './status.ts';

/** A Raspberry Pi holds itself back from 80 °C on, or earlier (its documentation, "Frequency management"). */
const HOT_CEL = 80;
const LITTLE_DISK_MBY = 300;
const LITTLE_MEMORY_MBY = 60;
const WORN_PERCENT = 90;

type Value = (quantity: Quantity) => number | undefined;

/** What is wrong with the machine, by what the gateway measures of itself. */
export function ownFindings({ devices }: Pick<Status, 'devices'>): Finding[] {
  const streams = devices.find(({ device }) => device === OWN_DEVICE)?.streams ?? [];
  const value: Value = (quantity) => streams.find((stream) => stream.quantity === quantity)?.value ?? undefined;
  return [...ofSupply(value), ...ofHeat(value), ...ofRoom(value)].map(([what, next]) => {
    return { about: 'gateway', name: '', what, next };
  });
}

type Said = readonly [what: string, next: string];

const history = (quantity: Quantity) => `dorpel history ${OWN_DEVICE}/${quantity}`;
const CURE = 'a stronger power supply, or a shorter and thicker cable, mends it';

function ofSupply(value: Value): Said[] {
  if (value('under_voltage') === 1)
    return [[`its supply is too low at this moment: ${CURE}`, history('under_voltage')]];
  if (value('under_voltage_seen') !== 1) return [];
  return [[`its supply was too low since it was switched on: ${CURE}`, history('under_voltage')]];
}

function ofHeat(value: Value): Said[] {
  const hot = value('cpu_temperature');
  if (hot === undefined || hot <= HOT_CEL) return [];
  return [[`its processor is at ${Math.round(hot)} °C: give it air, shade or a cooler`, history('cpu_temperature')]];
}

function ofRoom(value: Value): Said[] {
  const [disk, memory, wear] = [value('disk_free'), value('memory_available'), value('disk_wear')];
  const said: Said[] = [];
  if (disk !== undefined && disk < LITTLE_DISK_MBY) {
    said.push([
      `only ${Math.round(disk)} MB are free on the disk of the outbox: see what fills it`,
      'df -h; du -xh /var',
    ]);
  }
  if (memory !== undefined && memory < LITTLE_MEMORY_MBY) {
    said.push([`only ${Math.round(memory)} MB of memory are available: see what takes it`, 'ps aux --sort=-rss']);
  }
  if (wear !== undefined && wear >= WORN_PERCENT) {
    said.push([`its disk has ${wear} % of its life behind it: have another one ready`, history('disk_wear')]);
  }
  return said;
}
