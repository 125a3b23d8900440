import type { Conversation, RecordedPoll } from './conversation.ts';
import type { Step } from './steps.ts';

/** The conversation as an entry of a `vectors.yaml`: one step in a line, in the form of those that are written by hand. */
export function vectorText(conversation: Conversation): string {
  const { polls, ...rest } = conversation;
  const fields = Object.entries(rest).flatMap(([key, value]) => field(key, value, '  '));
  const turns = polls ? ['  polls:', ...polls.flatMap(pollLines)] : [];
  const lines = [...fields, ...turns];
  return `- ${lines.join('\n').slice(2)}\n`;
}

function pollLines(turn: RecordedPoll): string[] {
  const [first = '', ...more] = Object.entries(turn).flatMap(([key, value]) => field(key, value, '      '));
  return [`    - ${first.trimStart()}`, ...more];
}

const STEPS: readonly string[] = ['start', 'poll', 'samples'];

function field(key: string, value: unknown, indent: string): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length > 0 && (STEPS.includes(key) || key === 'expect');
  if (!isList) return [`${indent}${key}: ${flow(value)}`];
  return [`${indent}${key}:`, ...(value as readonly Step[]).map((item) => `${indent}  - ${flow(item)}`)];
}

const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$/;
const NOT_PLAIN = /^(true|false|null)$/i;

/** YAML's flow style; a text is quoted as in JSON, which YAML 1.2 reads. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? `[${value.map(flow).join(', ')}]` : '[]';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, inside]) => {
    const name = PLAIN_KEY.test(key) && !NOT_PLAIN.test(key) ? key : JSON.stringify(key);
    return `${name}: ${flow(inside)}`;
  });
  return pairs.length > 0 ? `{ ${pairs.join(', ')} }` : '{}';
}
