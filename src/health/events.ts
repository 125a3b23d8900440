import type { DeviceEvent } from '../sampling/fault-watch.ts';
import type { Recovery } from '../store/outbox.ts';
import type { UplinkEvent } from '../uplink/forwarder.ts';
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
  }
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
      return ['error', 'uplink-refused', `${uplink} refused ${topic}: ${reason}; the row stays`, { uplink, topic }];
    }
    case 'taken-again': {
      const { topic, refusals } = event;
      const message = `${uplink} takes ${topic} again after ${refusals} refusals`;
      return ['notice', 'uplink-taken-again', message, { uplink, topic, refusals }];
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
