import type { Row } from '../../store/outbox.ts';
import type { Descriptor } from '../descriptor.ts';
import type { GatewayState } from '../gateway-state.ts';
import type { Message } from '../uplink.ts';
import type { Encoding } from './encoding.ts';

/** Who tells, and under which topics. Every word fits a topic segment: `[a-z0-9-]`. */
export interface FeedAddress {
  readonly root: string;
  readonly owner: string;
  readonly gateway: string;
  readonly epoch: string;
}

/**
 * Our own feed, version 1, as `deploy/feed/v1/` describes it. An observation's payload is put together from text that
 * was written when the row was kept: a resend is byte-identical, whichever release sends it.
 */
export function feedJson({ root, owner, gateway, epoch }: FeedAddress): Encoding {
  const prefix = `${root}/v1/${owner}/${gateway}`;
  const contentType = 'application/vnd.dorpel.feed.v1+json';
  const message = (topic: string, payload: string, isRetained: boolean): Message => {
    return { topic: `${prefix}/${topic}`, payload, isRetained, contentType };
  };
  return {
    observation: (row) => message(`${row.device}/obs`, observationJson(row, gateway, epoch), false),
    batch: (rows) => {
      const payloads = rows.map((row) => observationJson(row, gateway, epoch));
      return message('-/batch', `[${payloads.join(',')}]`, false);
    },
    meta: (descriptor) => message(`${descriptor.device}/meta`, JSON.stringify(meta(descriptor, gateway)), true),
    state: (state) => message('-/state', JSON.stringify(stateOf(state, gateway, epoch)), true),
  };
}

function observationJson(row: Row, gateway: string, epoch: string): string {
  const { device, sequence, at, clock, durationSeconds, readings } = row;
  const duration = durationSeconds === undefined ? '' : `"dur":${durationSeconds},`;
  return (
    `{"v":1,"gw":"${gateway}","dev":"${device}","epoch":"${epoch}","seq":${sequence},` +
    `"t":"${new Date(at).toISOString()}",${duration}"clk":"${clock}","obs":${readings}}`
  );
}

function meta(descriptor: Descriptor, gateway: string): object {
  const { device, part, firmware, serialNumber, placement, location, streams, governance } = descriptor;
  return {
    v: 1,
    gw: gateway,
    dev: device,
    part,
    firmware,
    serialNumber,
    placement,
    location: location && { lat: location.latitude, lon: location.longitude },
    height: location?.heightM,
    streams: streams.map(({ quantity, unit, kind, periodSeconds, range, calibration }) => ({
      n: quantity,
      quantity,
      u: unit,
      kind,
      period: periodSeconds,
      range,
      calibration,
    })),
    governance,
  };
}

function stateOf(state: GatewayState, gateway: string, epoch: string): object {
  const { isOnline, at, clock, heads, backlog, startedAt, wasClean, durableUntil } = state;
  return {
    v: 1,
    gw: gateway,
    online: isOnline,
    epoch,
    t: new Date(at).toISOString(),
    heads,
    backlog,
    clk: clock,
    started: new Date(startedAt).toISOString(),
    clean: wasClean,
    durableUntil: durableUntil === undefined ? undefined : new Date(durableUntil).toISOString(),
  };
}
