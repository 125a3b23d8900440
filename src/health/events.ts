import type { ClockState } from '../model/observation.ts';
import type { BusEvent } from '../sampling/bus-watch.ts';
import type { DeviceEvent } from '../sampling/fault-watch.ts';
import type { Recovery, StoreEvent } from '../store/outbox.ts';
import type { UplinkEvent } from '../uplink/forwarder.ts';
import type { ClockEvent } from './clock-watch.ts';
import type { Log } from './log.ts';

type Entry = Parameters<Log>;

/** A device's event as a line of the log: one when a fault begins, one when it ends with the count between. */
export function deviceEntry(event: DeviceEvent): Entry {
  const { device } = event;
  switch (event.event) {
    case 'identified': {
      const { part, serialNumber, firmware } = event.identity;
      const who = [part, serialNumber && `serial number ${serialNumber}`, firmware && `firmware ${firmware}`];
      const said = who.filter(Boolean).join(', ');
      return ['info', 'device-started', `${device} is there${said && `: ${said}`}`, { device }];
    }
    case 'fault': {
      const { kind, message } = event.error;
      return ['warning', 'device-fault', `${device}: ${message} (${kind}); trying again`, { device, kind }];
    }
    case 'healed': {
      const { failures, forMs } = event;
      const seconds = Math.round(forMs / 1000);
      const message = `${device} works again after ${failures} failed attempts in ${seconds} s`;
      return ['notice', 'device-healed', message, { device, failures, seconds }];
    }
    case 'counters-restarted': {
      const { count } = event;
      const message = `${count} counters of ${device} begin anew: was the meter swapped or reset, or did they roll over?`;
      return ['notice', 'counters-restarted', message, { device, count }];
    }
  }
}

/** A bus's event as a line of the log: one for all of its parts when it breaks, one when it is back. */
export function busEntry(event: BusEvent): Entry {
  const { bus } = event;
  if (event.event === 'bus-fault') {
    return ['error', 'bus-fault', `${bus}: ${event.error.message}; none of its parts is read, trying again`, { bus }];
  }
  const seconds = Math.round(event.forMs / 1000);
  return ['notice', 'bus-healed', `${bus} works again after ${seconds} s`, { bus, seconds }];
}

/** An uplink's event as a line of the log. */
export function uplinkEntry(event: UplinkEvent): Entry {
  const { uplink } = event;
  switch (event.event) {
    case 'connected': {
      const { attempts } = event;
      const after = attempts > 1 ? ` after ${attempts} attempts` : '';
      return ['notice', 'uplink-connected', `${uplink} is connected${after}`, { uplink, attempts }];
    }
    case 'unreachable':
    case 'lost': {
      const { message, hint } = event.error;
      const text = [message, hint, 'keeping everything, trying again'].filter(Boolean).join('; ');
      return ['warning', `uplink-${event.event}`, text, { uplink }];
    }
    case 'refused': {
      const { reason, topic } = event;
      const message = `${uplink} refused ${topic}: ${reason}; it is set aside and told again later`;
      return ['error', 'uplink-refused', message, { uplink, topic }];
    }
    case 'taken-again': {
      const { topic, refusals } = event;
      const message = `${uplink} takes ${topic} again after ${refusals} refusals`;
      return ['notice', 'uplink-taken-again', message, { uplink, topic, refusals }];
    }
    case 'refused-for-good': {
      const { device, count, reason } = event;
      const message = `${uplink} did not take ${count} observations of ${device} (${reason}): declared lost to it`;
      return ['error', 'uplink-refused-for-good', message, { uplink, device, count }];
    }
  }
}

const CLOCK_IS: Readonly<Record<ClockState, string>> = {
  ntp: 'the clock is synchronised',
  rtc: 'the clock is as right as its chip: no time server has been heard',
  unsynced: 'the clock is not known to be right: no time server has been heard (timedatectl)',
};

/** What happened to the wall clock, as a line of the log. */
export function clockEntry(event: ClockEvent): Entry {
  switch (event.event) {
    case 'stepped': {
      const seconds = Math.round(event.byMs / 1000);
      const way = seconds > 0 ? `forwards by ${seconds} s` : `back by ${-seconds} s`;
      const message = `the clock was set ${way}; it was ${new Date(event.now - event.byMs).toISOString()}`;
      return ['warning', 'clock-stepped', message, { seconds }];
    }
    case 'state': {
      const { state } = event;
      return [state === 'unsynced' ? 'warning' : 'notice', `clock-${state}`, CLOCK_IS[state], { state }];
    }
  }
}

const DAMAGE: Readonly<Record<Recovery['reason'], string>> = {
  empty: 'is empty',
  header: 'is no database any more',
  damaged: 'has pages that cannot be read',
  log: 'has lost part of its log',
  foreign: 'is of another program',
  'newer-schema': 'is of a later release, which can still tell what it holds',
};

/** What was done with an outbox that could not be gone on with. */
export function recoveryEntry({ reason, quarantine, carried, lost }: Recovery): Entry {
  const went = `${carried} rows were carried over, ${lost} numbers declared lost`;
  const message = `the outbox ${DAMAGE[reason]}: it lies unchanged in ${quarantine}; a new epoch began, ${went}`;
  return ['error', 'outbox-recovered', message, { reason, quarantine, carried, lost }];
}

/** What happens to the store, as a line of the log. */
export function storeEntry(event: StoreEvent): Entry {
  switch (event.event) {
    case 'dropped': {
      const { count, priority } = event;
      const message = `no room: ${count} observations of priority ${priority} or less dropped, and declared lost`;
      return ['warning', 'outbox-dropped', message, { count, priority }];
    }
    case 'disk-full':
      return ['error', 'disk-full', `the disk is full, and not by the outbox: it goes on in its own room; ${LOOK}`];
    case 'disk-has-room':
      return ['notice', 'disk-has-room', 'the disk has room again'];
    case 'read-only': {
      const { reason } = event;
      const message = `nothing can be written (${reason}): observations are in memory only; see dmesg, and the card`;
      return ['error', 'disk-read-only', message, { reason }];
    }
    case 'writable':
      return ['notice', 'disk-writable', 'the disk can be written again; what was in memory is kept'];
    case 'clock-known': {
      const seconds = Math.round(event.byMs / 1000);
      const message = `${event.rows} observations from before the clock was known: their times moved by ${seconds} s`;
      return ['notice', 'times-corrected', message, { rows: event.rows, seconds }];
    }
  }
}

const LOOK = 'see df, and make room';
