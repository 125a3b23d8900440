import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const folder = new URL('../../deploy/feed/v1/', import.meta.url);
const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false });
addFormats.default(ajv);
for (const name of ['obs', 'loss', 'meta', 'state', 'batch']) {
  ajv.addSchema(JSON.parse(readFileSync(new URL(`${name}.schema.json`, folder), 'utf8')) as object);
}

/** An observation as it stands in the feed. */
export interface FeedObservation {
  readonly v: 1;
  readonly gw: string;
  readonly dev: string;
  readonly epoch: string;
  readonly seq: number;
  readonly t: string;
  readonly dur?: number;
  readonly clk: string;
  readonly obs: readonly {
    readonly n: string;
    readonly v: number | null;
    readonly u: string;
    readonly q: string;
    readonly why?: string;
  }[];
}

/** One message as a subscriber sees it. */
export interface Seen {
  readonly topic: string;
  readonly payload: string;
}

/** What is wrong with a message by the published schemas and by its topic; empty where nothing is. */
export function complaints({ topic, payload }: Seen): string[] {
  const [, version, , gateway, device, kind = ''] = topic.split('/');
  const validate = ajv.getSchema(`urn:dorpel:feed:v1:${kind}`);
  if (version !== 'v1' || !validate) return [`${topic}: not a topic of the feed`];
  const value = JSON.parse(payload) as { gw: string; dev?: string };
  const found = validate(value) ? [] : (validate.errors ?? []).map((e) => `${topic}${e.instancePath} ${e.message}`);
  if (value.gw !== gateway) found.push(`${topic}: gw is ${value.gw}`);
  if (device !== '-' && value.dev !== device) found.push(`${topic}: dev is ${value.dev}`);
  return found;
}

/** A batch as the messages it is made of, in their own bytes; anything else as it is. */
export function single({ topic, payload }: Seen): Seen[] {
  if (!topic.endsWith('/-/batch')) return [{ topic, payload }];
  const rows = JSON.parse(payload) as FeedObservation[];
  const parts = rows.map((row) => ({
    topic: topic.replace('/-/batch', `/${row.dev}/obs`),
    payload: JSON.stringify(row),
  }));
  // Byte-identical to the single form: what is parsed and written again adds up to the same bytes.
  if (payload !== `[${parts.map((part) => part.payload).join(',')}]`) throw new Error(`${topic}: not in single form`);
  return parts;
}

/**
 * Judges a capture by the feed's rules, without knowing the gateway: every message validates, the descriptor comes
 * before the first observation, equal keys have equal bytes, and numbers are dense from 1 up to the highest seen.
 */
export function judged(capture: readonly Seen[]): string[] {
  const seen = capture.flatMap(single);
  const found = seen.flatMap(complaints);
  const described = new Map<string, Set<string>>();
  const bytes = new Map<string, string>();
  const heads = new Map<string, Set<number>>();
  for (const { topic, payload } of seen) {
    if (topic.endsWith('/meta')) {
      const { dev, streams } = JSON.parse(payload) as { dev: string; streams: { n: string }[] };
      described.set(dev, new Set(streams.map(({ n }) => n)));
    }
    if (!topic.endsWith('/obs')) continue;
    const { gw, dev, epoch, seq, obs } = JSON.parse(payload) as FeedObservation;
    for (const { n } of obs) if (!described.get(dev)?.has(n)) found.push(`${dev} ${seq}: ${n} was not described`);
    const key = `${gw} ${dev} ${epoch} ${seq}`;
    if ((bytes.get(key) ?? payload) !== payload) found.push(`${key}: told twice, differently`);
    bytes.set(key, payload);
    const counter = `${gw} ${dev} ${epoch}`;
    heads.set(counter, (heads.get(counter) ?? new Set()).add(seq));
  }
  for (const [counter, numbers] of heads) {
    const head = Math.max(...numbers);
    if (numbers.size !== head) found.push(`${counter}: ${numbers.size} numbers up to ${head}`);
  }
  return found;
}
