import { Judge, type Verdict } from '../../src/feed/judge.ts';

/** A correct feed to be spoilt: one gateway, one device. */
export const EPOCH = '5f0c7c1e-6a0e-4b5e-9a53-3d1f5a0a7c11';
export const NOW = Date.parse('2026-11-23T16:05:00.000Z');

const TIME = new Date(NOW).toISOString();
const own = { v: 1, gw: 'gw', epoch: EPOCH };

/** A message on its way to the judge; what is left out the capture does not tell. */
export interface Sent {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos?: number;
  readonly isRetained?: boolean;
  readonly at?: number;
}

const message = (path: string, value: object | string): Sent => {
  return { topic: `feed/v1/heihoek/gw/${path}`, payload: typeof value === 'string' ? value : JSON.stringify(value) };
};

export const reading = { n: 'pm25', v: 7.4, u: 'ug/m3', q: 'ok' };

export const obsOf = (seq: number, changes: object = {}) => {
  return { ...own, dev: 'air', seq, t: TIME, clk: 'ntp', obs: [reading], ...changes };
};
export const obs = (seq: number, changes: object = {}) => message('air/obs', obsOf(seq, changes));

export const lossOf = (seq: number, lost: readonly object[]) => ({ ...own, dev: 'air', seq, t: TIME, lost });
export const loss = (seq: number, from: number, to: number, reason = 'quota') =>
  message('air/loss', lossOf(seq, [{ from, to, reason }]));

export const batch = (...payloads: readonly string[]) => message('-/batch', `[${payloads.join(',')}]`);

const described = {
  n: 'pm25',
  quantity: 'pm25',
  u: 'ug/m3',
  kind: 'instant',
  range: [0, 1000],
  calibration: 'factory',
};
export const metaOf = (changes: object = {}) => {
  return { v: 1, gw: 'gw', dev: 'air', part: 'sds011', streams: [described], ...changes };
};
export const meta = (changes: object = {}) => message('air/meta', metaOf(changes));

export const stateOf = (changes: object = {}) => {
  const heads = { air: 3 };
  return { ...own, online: true, t: TIME, heads, backlog: 0, clk: 'ntp', started: TIME, clean: true, ...changes };
};
export const state = (head: number, backlog: number, changes: object = {}) =>
  message('-/state', stateOf({ heads: { air: head }, backlog, ...changes }));

/** What the judge says of a capture. */
export function verdictOn(sent: readonly Sent[], how: Partial<ConstructorParameters<typeof Judge>[0]> = {}): Verdict {
  const judge = new Judge({
    root: 'feed',
    isFromFirstSeen: false,
    isMetaNeeded: true,
    isAsPublished: false,
    mostExamples: 5,
    ...how,
  });
  for (const { topic, payload, qos, isRetained, at } of sent) {
    judge.hear({ topic, payload: Buffer.from(payload), qos, isRetained, at });
  }
  return judge.verdict();
}

/** The complaints of a verdict, each as `fault: example`. */
export function told({ complaints }: Verdict): string[] {
  return complaints.flatMap(({ fault, examples }) => examples.map((example) => `${fault}: ${example}`));
}
