import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
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
  /** The outbox's own: it stands in the state, and is asked for each time, as it may change while the gateway runs. */
  readonly epoch: string;
}

/** Six is what most programs take: nine costs a small board twice the time for a hundredth less. */
const DEFLATE_LEVEL = 6;
/** RFC 6713: the deflated batch says nothing of what it holds; its topic does. */
const DEFLATED_TYPE = 'application/zlib';
const deflateAside = promisify<Buffer, { level: number }, Buffer>(deflate);

/**
 * Our own feed, version 1, as `deploy/feed/v1/` describes it. A row's payload is put together from text that was
 * written when the row was kept: a resend is byte-identical, whichever release sends it.
 */
export function feedJson(address: FeedAddress): Encoding {
  const { root, owner, gateway } = address;
  const prefix = `${root}/v1/${owner}/${gateway}`;
  const contentType = 'application/vnd.dorpel.feed.v1+json';
  const message = (topic: string, payload: string, isRetained: boolean): Message => {
    return { topic: `${prefix}/${topic}`, payload, isRetained, contentType };
  };
  return {
    row: (row) => message(`${row.device}/${row.kind === 'loss' ? 'loss' : 'obs'}`, rowJson(row, gateway), false),
    batch: (rows) => message('-/batch', batchJson(rows, gateway), false),
    deflated: async (rows) => {
      const payload = await deflateAside(Buffer.from(batchJson(rows, gateway)), { level: DEFLATE_LEVEL });
      return { topic: `${prefix}/-/batch-deflate`, payload, isRetained: false, contentType: DEFLATED_TYPE };
    },
    meta: (descriptor) => message(`${descriptor.device}/meta`, JSON.stringify(meta(descriptor, gateway)), true),
    state: (state) => message('-/state', JSON.stringify(stateOf(state, gateway, address.epoch)), true),
  };
}

function batchJson(rows: readonly Row[], gateway: string): string {
  return `[${rows.map((row) => rowJson(row, gateway)).join(',')}]`;
}

/** The epoch is the row's own: one that was carried over keeps its key. */
function rowJson(row: Row, gateway: string): string {
  const { kind, device, epoch, sequence, at, clock, durationSeconds, content } = row;
  const duration = durationSeconds === undefined ? '' : `"dur":${durationSeconds},`;
  const rest = kind === 'loss' ? `"lost":${content}` : `${duration}"clk":"${clock}","obs":${content}`;
  return (
    `{"v":1,"gw":"${gateway}","dev":"${device}","epoch":"${epoch}","seq":${sequence},` +
    `"t":"${new Date(at).toISOString()}",${rest}}`
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
