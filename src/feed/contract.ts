/**
 * The messages of the feed, version 1, in the words of `deploy/feed/v1/`: a test holds the two together. They are said
 * again here, rather than taken from `model/`: a judge that learnt its rules from the gateway would excuse its mistakes.
 */
import {
  all,
  type Check,
  closed,
  like,
  listOf,
  mapOf,
  number,
  oneOf,
  text,
  that,
  wholeFrom,
  yesOrNo,
} from './checks.ts';

/** An observation, after its check. */
export interface FeedObservation {
  readonly gw: string;
  readonly dev: string;
  readonly epoch: string;
  readonly seq: number;
  readonly t: string;
  readonly obs: readonly { readonly n: string; readonly u: string }[];
}

/** A declaration of loss, after its check. */
export interface FeedLoss extends Omit<FeedObservation, 'obs'> {
  readonly lost: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
}

/** A descriptor, after its check. */
export interface FeedMeta {
  readonly gw: string;
  readonly dev: string;
  readonly streams: readonly { readonly n: string; readonly u: string }[];
}

/** What a gateway says of itself, after its check. */
export interface FeedState {
  readonly gw: string;
  readonly epoch: string;
  readonly t: string;
  readonly heads?: Readonly<Record<string, number>>;
  readonly backlog?: number;
}

const WITHOUT_VALUE: readonly unknown[] = ['fault', 'withheld'];

const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const name = that('a name: a-z, 0-9 and -, 40 at most', (value) => {
  return typeof value === 'string' && value.length <= 40 && NAME.test(value);
});
const uuid = like('a UUID', /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i);
const stream = like('the name of a stream', /^[a-z][a-z0-9_]*$/);
const one = oneOf(1);
const above0 = number('a number above 0', (value) => value > 0);
const between = (least: number, most: number) =>
  number(`a number from ${least} to ${most}`, (value) => value >= least && value <= most);

/** RFC 3339, 5.7: the days that a month has, and the leap second at the end of one. */
const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):(\d{2})\.\d{3}Z$/;
const time = that('a time such as 2026-11-23T16:05:00.000Z', (value) => {
  const [, day = '', minute = '', second = ''] = (typeof value === 'string' && TIME.exec(value)) || [];
  if (!isDay(day) || !/^([01]\d|2[0-3]):[0-5]\d$/.test(minute)) return false;
  return second < '60' || (second === '60' && minute === '23:59');
});
const day = that('a day such as 2026-11-23', (value) => typeof value === 'string' && isDay(value));

function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const at = new Date(`${value}T00:00:00.000Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}

/** `null` says that there is no value, and then the quality says why; a value never has such a quality. */
const valueFitsQuality: Check = (reading) => {
  const { v, q } = reading as { v: unknown; q: unknown };
  if (v === null && !WITHOUT_VALUE.includes(q)) return `.v is null, q is ${q}`;
  return v !== null && WITHOUT_VALUE.includes(q) ? `.v is ${v}, q is ${q}` : undefined;
};

const reading = all(
  closed(
    {
      n: stream,
      v: that('a finite number or null', (value) => value === null || Number.isFinite(value)),
      u: text,
      q: oneOf('ok', 'warming_up', 'out_of_range', 'jump', 'stuck', 'estimated', ...WITHOUT_VALUE),
    },
    { why: text },
  ),
  valueFitsQuality,
);

const numbered = { v: one, gw: name, dev: name, epoch: uuid, seq: wholeFrom(1), t: time };
const clk = oneOf('ntp', 'rtc', 'unsynced');

const obs = closed({ ...numbered, clk, obs: listOf(reading, 1) }, { dur: above0 });

const reason = oneOf('quota', 'expired', 'corrupt', 'refused', 'operator', 'unclean');
const loss = closed({ ...numbered, lost: listOf(closed({ from: wholeFrom(1), to: wholeFrom(1), reason })) });

const range = that('two numbers', (value) => {
  return Array.isArray(value) && value.length === 2 && value.every((limit) => Number.isFinite(limit));
});
const described = closed(
  {
    n: stream,
    quantity: stream,
    u: text,
    kind: oneOf('instant', 'mean', 'sum', 'counter', 'state'),
    range,
    calibration: oneOf('raw', 'factory', 'local'),
  },
  { period: above0 },
);
const governed = { owner: text, contact: text, goal: text, legalGround: text, privacyUrl: text, audience: text };
const governance = closed(
  {},
  { ...governed, registerReference: text, personalData: yesOrNo, activeUntil: day, minGroup: wholeFrom(1) },
);
const meta = closed(
  { v: one, gw: name, dev: name, part: text, streams: listOf(described) },
  {
    firmware: text,
    serialNumber: text,
    placement: oneOf('indoor', 'outdoor'),
    location: closed({ lat: between(-90, 90), lon: between(-180, 180) }),
    height: number(),
    governance,
  },
);

const onlineIsWhole: Check = (state) => {
  const { online, heads, backlog } = state as { online: unknown; heads: unknown; backlog: unknown };
  const isWhole = heads !== undefined && backlog !== undefined;
  return online === true && !isWhole ? ' is online and should have heads and backlog' : undefined;
};
const state = all(
  closed(
    { v: one, gw: name, online: yesOrNo, epoch: uuid, t: time, clk, started: time, clean: yesOrNo },
    { heads: mapOf(wholeFrom(0)), backlog: wholeFrom(0), durableUntil: time },
  ),
  onlineIsWhole,
);

/** In a batch a message with `lost` is a loss, anything else an observation. */
const single: Check = (value) => (isLoss(value) ? loss(value) : obs(value));

/** What each kind of message must be like; `batch-deflate` is a batch once it is inflated. */
export const forms = { obs, loss, meta, state, batch: listOf(single, 1) } as const;

/** Whether an element of a batch means to be a loss. */
export function isLoss(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'lost' in value;
}
