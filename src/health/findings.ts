import { OWN_DEVICE } from '../model/own-device.ts';
import { ownFindings } from './own-findings.ts';
import type { BusStatus, DeviceStatus, Status, StreamStatus } from './status.ts';

/** Something that is not as it should be, in words for a technician, and what to type next. */
export interface Finding {
  readonly about: 'bus' | 'device' | 'uplink' | 'outbox' | 'clock' | 'gateway';
  /** Its name; empty where there is only one. */
  readonly name: string;
  readonly what: string;
  /** A command. */
  readonly next: string;
}

/** What a finding is about, in a word or two: `device hall`, `clock`. */
export function subjectOf({ about, name }: Finding): string {
  return name ? `${about} ${name}` : about;
}

/** A sample that is so many periods late is missing; a part that talks unasked is allowed so many seconds. */
const LATE_PERIODS = 3;
const LATE_SECONDS = 60;

/** Everything that is wrong with a gateway by its own account; what matters most comes first. */
export function findings(status: Status): readonly Finding[] {
  const broken = new Set(status.buses.filter(({ fault }) => fault).map(({ bus }) => bus));
  return [
    ...status.buses.flatMap(ofBus),
    // What is wrong with a bus is wrong with all its devices: that is said once.
    ...status.devices.filter(({ bus }) => !broken.has(bus)).flatMap(ofDevice),
    ...status.uplinks.flatMap((uplink) => ofUplink(uplink, status)),
    ...ofOutbox(status),
    ...ownFindings(status),
    ...ofClock(status),
  ];
}

function ofBus({ bus, devices, fault }: BusStatus): Finding[] {
  if (!fault) return [];
  const what = `${fault.message}, for ${lasting(fault.forSeconds)}; devices on it: ${devices}`;
  return [{ about: 'bus', name: bus, what, next: 'dorpel doctor' }];
}

function ofDevice({ device, state, forSeconds, fault, periodSeconds, streams }: DeviceStatus): Finding[] {
  // The gateway itself is on no bus to be read from.
  const next = device === OWN_DEVICE ? 'journalctl -u dorpel' : `dorpel read ${device}`;
  const about = { about: 'device', name: device, next } as const;
  if (state === 'fault') return [{ ...about, what: `${fault?.message ?? 'at fault'}, for ${lasting(forSeconds)}` }];
  const patience = LATE_PERIODS * periodSeconds || LATE_SECONDS;
  if (state === 'starting') {
    return forSeconds > patience ? [{ ...about, what: `nothing heard of it for ${lasting(forSeconds)}` }] : [];
  }
  const doubtful = streams.filter(isDoubtful);
  const [first] = doubtful;
  if (!first) return [];
  const what = doubtful.map(({ quantity, quality, why }) => `${quantity} is ${quality}${why ? ` (${why})` : ''}`);
  return [{ ...about, what: what.join(', '), next: `dorpel history ${device}/${first.quantity}` }];
}

/** What a part needs a moment for, and what is meant to be so, is not worth a look. */
function isDoubtful({ quality, why }: StreamStatus): boolean {
  return quality === 'out_of_range' || quality === 'stuck' || (quality === 'fault' && why !== 'not-ready');
}

function ofUplink(uplink: Status['uplinks'][number], { outbox }: Status): Finding[] {
  const { isConnected, lastError, refused, setAside, refusedForGood } = uplink;
  const about = { about: 'uplink', name: uplink.uplink, next: 'dorpel queue' } as const;
  const waiting = outbox.backlog[uplink.uplink] ?? 0;
  const found: Finding[] = [];
  if (!isConnected) {
    const why = lastError ? `: ${lastError}` : '';
    found.push({ ...about, what: `not connected${why}; ${waiting} observations wait`, next: 'dorpel doctor' });
  }
  if (refused.length > 0) {
    found.push({
      ...about,
      what: `the platform refuses ${refused.join(', ')}; ${setAside} observations are set aside`,
    });
  }
  if (refusedForGood > 0) {
    found.push({ ...about, what: `${refusedForGood} observations were declared lost to it: it did not take them` });
  }
  return found;
}

/** From here on it is worth a look; at 1 something goes. */
const NEARLY_FULL = 0.9;

function ofOutbox({ outbox: { filled = 0, losses } }: Status): Finding[] {
  const about = { about: 'outbox', name: '', next: 'dorpel queue' } as const;
  const dropped = losses.filter(({ reason }) => reason === 'quota').reduce((sum, { count }) => sum + count, 0);
  const found: Finding[] = [];
  if (dropped > 0) {
    const what = `no room: ${dropped} observations were dropped and declared lost; raise storage.quota, or mend the uplink`;
    found.push({ ...about, what });
  }
  if (filled > NEARLY_FULL) {
    const what = `${Math.round(filled * 100)} % of its room is taken: at 100 the oldest of the lowest priority goes`;
    found.push({ ...about, what });
  }
  return found;
}

function ofClock({ clock }: Status): Finding[] {
  if (clock !== 'unsynced') return [];
  return [
    {
      about: 'clock',
      name: '',
      what: 'no time server has been heard: times are not known to be right',
      next: 'timedatectl',
    },
  ];
}

/** A length of time as a person says it: `40 s`, `12 min`, `5 h`, `3 d`. */
export function lasting(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
