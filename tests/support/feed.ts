import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Judge } from '../../src/feed/judge.ts';

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

/** Numbers that will never be delivered, as they stand in the feed. */
export interface FeedLoss extends Omit<FeedObservation, 'dur' | 'clk' | 'obs'> {
  readonly lost: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
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
  const rows = JSON.parse(payload) as (FeedObservation | FeedLoss)[];
  const parts = rows.map((row) => ({
    topic: topic.replace('/-/batch', `/${row.dev}/${'lost' in row ? 'loss' : 'obs'}`),
    payload: JSON.stringify(row),
  }));
  // Byte-identical to the single form: what is parsed and written again adds up to the same bytes.
  if (payload !== `[${parts.map((part) => part.payload).join(',')}]`) throw new Error(`${topic}: not in single form`);
  return parts;
}

/** Whether a value validates against a published schema. */
export function isValid(kind: 'obs' | 'loss' | 'meta' | 'state' | 'batch', value: unknown): boolean {
  return ajv.getSchema(`urn:dorpel:feed:v1:${kind}`)?.(value) === true;
}

/**
 * Judges a capture by the feed's rules, without knowing the gateway: `dorpel verify` does, and beside it the published
 * schemas. Empty where nothing is wrong.
 */
export function judged(capture: readonly Seen[]): string[] {
  const judge = new Judge({
    root: 'feed',
    isFromFirstSeen: false,
    isMetaNeeded: true,
    isAsPublished: false,
    mostExamples: 20,
  });
  for (const { topic, payload } of capture) {
    judge.hear({ topic, payload: Buffer.from(payload), qos: undefined, isRetained: undefined, at: undefined });
  }
  const found = judge
    .verdict()
    .complaints.flatMap(({ fault, examples }) => examples.map((what) => `${fault}: ${what}`));
  return [...capture.flatMap(single).flatMap(complaints), ...found];
}
