import { herd, histogram } from './herd.ts';
import type { Measured, Row } from './row.ts';

const GATEWAYS = 100;
/** For how long the broker is away, and how finely the connects are counted. */
const OUTAGES = [
  { awayMs: 10_000, stepMs: 1000 },
  { awayMs: 600_000, stepMs: 10_000 },
] as const;

/** A hundred gateways after a restart of their broker, in virtual time: how their connects spread. */
export async function herdSpread(): Promise<Measured> {
  const rows: Row[] = [];
  const tables: string[] = [];
  for (const { awayMs, stepMs } of OUTAGES) {
    const spread = await herd({ gateways: GATEWAYS, awayMs, stepMs });
    const what = `connects of ${GATEWAYS} gateways in the busiest ${stepMs / 1000} s, broker away ${awayMs / 1000} s`;
    rows.push({ what, value: String(Math.max(...spread.connects)), goal: '' });
    tables.push(`broker away ${awayMs / 1000} s:\n${histogram(spread, stepMs)}`);
  }
  return { rows, table: tables.join('\n\n') };
}
