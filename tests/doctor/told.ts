import type { Check, Found } from '../../src/doctor/check.ts';

/** Each finding in one line: verdict, subject, what, hint. */
export async function told(...checks: readonly Check[]): Promise<string[]> {
  const found: Found[] = [];
  for (const check of checks) found.push(...(await check.look()));
  return found.map(({ verdict, subject, what, hint }) => `${verdict} ${subject}: ${what}${hint ? ` → ${hint}` : ''}`);
}
