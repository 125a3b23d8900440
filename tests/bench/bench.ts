/**
 * Measures the gateway against real parts and prints a table: `npm run bench`, or `npm run bench -- NAME…` for some of
 * it; `--markdown` prints the rows as the README has them. What was measured last goes to bench-results.json.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blockBytes } from './block-bytes.ts';
import { buses } from './buses.ts';
import { comparison } from './comparison.ts';
import { demoConfig, firstObservation } from './demo-config.ts';
import { drain } from './drain.ts';
import { duplicates } from './duplicates.ts';
import { herdSpread } from './herd-spread.ts';
import { modbus } from './modbus.ts';
import { outage24h } from './outage-24h.ts';
import { ROOT } from './processes.ts';
import { reconnect } from './reconnect.ts';
import { type Measured, markdown, type Row } from './row.ts';
import { status } from './status.ts';
import { processorTime, throughput } from './throughput.ts';
import { wear } from './wear.ts';

const all: Readonly<Record<string, () => Promise<Measured>>> = {
  throughput,
  processorTime,
  blockBytes,
  demoConfig,
  firstObservation,
  drain,
  reconnect,
  outage24h,
  duplicates,
  herd: herdSpread,
  wear,
  modbus,
  buses,
  status,
  comparison,
};

interface Results {
  readonly node: string;
  /** Per measurement: the others keep what they had. */
  readonly measured: Readonly<Record<string, Measured & { readonly at: string }>>;
}

const FILE = join(ROOT, 'bench-results.json');

function results(): Partial<Results> {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Partial<Results>) : {};
}

function remember(name: string, measured: Measured): void {
  const all: Results = {
    node: process.version,
    measured: { ...results().measured, [name]: { at: new Date().toISOString(), ...measured } },
  };
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
}

const wanted = process.argv.slice(2).filter((name) => name !== '--markdown');
const unknown = wanted.filter((name) => !(name in all));
if (unknown.length > 0) {
  process.stderr.write(`no such measurement: ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}\n`);
  process.exit(2);
}
const rows: Row[] = [];
for (const [name, measure] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const measured = await measure();
  remember(name, measured);
  rows.push(...measured.rows);
  for (const { what, value, goal } of measured.rows) {
    process.stdout.write(`${what.padEnd(64)} ${value.padStart(10)}   ${goal}\n`);
  }
  if (measured.table) process.stdout.write(`\n${measured.table}\n\n`);
}
if (process.argv.includes('--markdown')) process.stdout.write(`\n${markdown(rows)}\n`);
