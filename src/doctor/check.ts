import { atMost, type Clock } from '../hal/clock.ts';

/** How a thing is; `unknown` where this board, or this user, cannot tell. */
export type Verdict = 'wrong' | 'warning' | 'unknown' | 'ok';

/** What a check has found: one sentence, and what to do about it. */
export interface Found {
  readonly subject: string;
  readonly verdict: Verdict;
  readonly what: string;
  readonly hint?: string;
}

/** Looks at one thing and changes nothing. */
export interface Check {
  /** Of what it is told that it hung or failed. */
  readonly subject: string;
  /** How long it may take, where that is more than a few seconds. */
  readonly patienceMs?: number;
  look(): Promise<readonly Found[]> | readonly Found[];
}

/** In this order they are told. */
const VERDICTS: readonly Verdict[] = ['wrong', 'warning', 'unknown', 'ok'];

const PATIENCE_MS = 6000;

/** Makes all checks at once, and gives up what hangs; what is wrong comes first. Never rejects. */
export async function examined(checks: readonly Check[], clock: Pick<Clock, 'sleep'>): Promise<readonly Found[]> {
  const found = await Promise.all(checks.map((check) => withPatience(check, clock)));
  return found.flat().toSorted((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
}

async function withPatience(check: Check, clock: Pick<Clock, 'sleep'>): Promise<readonly Found[]> {
  const { subject, patienceMs = PATIENCE_MS } = check;
  let found: readonly Found[] | undefined;
  const looking = Promise.resolve()
    .then(() => check.look())
    .catch((cause: unknown): Found[] => [
      { subject, verdict: 'unknown', what: `could not be looked at: ${(cause as Error).message}` },
    ])
    .then((seen) => {
      found = seen;
    });
  await atMost(clock, patienceMs, looking);
  const hint = 'what hangs here may hang for the gateway, too';
  return found ?? [{ subject, verdict: 'wrong', what: `gave no answer in ${patienceMs / 1000} s`, hint }];
}
