import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, dorpelContender, levelContender, type Place, prepareBridge } from './contenders.ts';
import { type Fault, type Loss, losses, NUMBERED } from './losses.ts';
import { inDirectory } from './processes.ts';
import { bridgeFlood, dorpelFlood, type Flood, levelFlood, rateOf } from './rates.ts';
import { type Measured, median, notMeasured, type Row } from './row.ts';

/** Not a dependency of the project: it brings native parts of 2020. */
const LEVEL_STORE = 'mqtt-level-store@3.1.0';
const RUNS = 3;

const LEVEL = `MQTT.js with ${LEVEL_STORE}`;
const BRIDGE = 'mosquitto bridge, persistence, defaults';
const TUNED = 'mosquitto bridge, persistence, tuned';

/** Who is measured, with the name that its readings bear at the platform. */
const DORPEL: readonly Entrant[] = [
  { title: 'Dorpel, 5 s profile', owner: 'dorpel', flood: dorpelFlood('backlog'), enter: dorpel(5000) },
  { title: 'Dorpel, 1 s profile', owner: 'dorpel-1s', enter: dorpel(1000) },
  { title: 'Dorpel, one message per reading', owner: 'dorpel-single', flood: dorpelFlood('never') },
];
const PEERS: readonly Entrant[] = [
  { title: TUNED, owner: 'tuned', flood: bridgeFlood('tuned'), enter: bridge('tuned') },
  { title: BRIDGE, owner: 'default', flood: bridgeFlood('default'), enter: bridge('default') },
];
const LEVEL_ENTRANT: Entrant = {
  title: LEVEL,
  owner: 'level',
  flood: levelFlood,
  enter: async (name, place) => levelContender(name, place),
};

interface Entrant {
  readonly title: string;
  readonly owner: string;
  readonly flood?: Flood;
  enter?(name: string, place: Place): Promise<Contender>;
}

function dorpel(commitMs: number) {
  return async (name: string, place: Place): Promise<Contender> => dorpelContender(name, commitMs, place);
}

function bridge(kind: 'tuned' | 'default') {
  return (name: string, place: Place): Promise<Contender> => prepareBridge(name, kind, place);
}

const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  '30 s outage': ['outage'],
  'kill -9': ['kill'],
  'kill -9 in the outage': ['outage', 'kill'],
};

/** Dorpel beside what one would take instead, in the same run: how fast, and what is lost. */
export function comparison(): Promise<Measured> {
  return inDirectory(async (packages) => {
    const missing = installed(packages);
    const entrants = [...DORPEL, ...(missing ? [] : [LEVEL_ENTRANT]), ...PEERS];
    const rates = await ratesOf(entrants, packages);
    const lost = new Map<string, ReadonlyMap<string, Loss>>();
    const entered = entrants.filter(({ enter }) => enter);
    for (const [fault, faults] of Object.entries(FAULTS)) {
      const enter = (place: Place) => Promise.all(entered.flatMap(({ owner, enter }) => enter?.(owner, place) ?? []));
      lost.set(fault, await losses(faults, packages, enter));
    }
    const rows = entrants.flatMap((entrant) => rowsOf(entrant, rates, lost));
    if (missing) rows.push({ what: LEVEL, value: missing, goal: '' });
    return { rows, table: [table(entrants, rates, lost), ...(missing ? [`${LEVEL}: ${missing}`] : [])].join('\n\n') };
  });
}

/** Installs the peer; says why where that cannot be done. */
function installed(packages: string): string | undefined {
  writeFileSync(join(packages, 'package.json'), '{ "private": true }\n');
  try {
    const quiet = ['--no-audit', '--no-fund', '--silent'];
    execFileSync('npm', ['install', ...quiet, LEVEL_STORE], { cwd: packages, stdio: ['ignore', 'ignore', 'pipe'] });
    execFileSync(process.execPath, ['--eval', 'require("mqtt-level-store")'], { cwd: packages, stdio: 'pipe' });
    return undefined;
  } catch (cause) {
    return notMeasured(cause);
  }
}

/** Everybody has a turn, then everybody again: what else the machine does strikes all alike. */
async function ratesOf(entrants: readonly Entrant[], packages: string): Promise<ReadonlyMap<string, string>> {
  const rates = new Map<string, number[]>();
  for (let run = 0; run < RUNS; run += 1) {
    for (const { owner, flood } of entrants) {
      if (flood) rates.set(owner, [...(rates.get(owner) ?? []), await rateOf(flood, packages)]);
    }
  }
  return new Map(Array.from(rates, ([owner, all]) => [owner, rounded(median(all)).toLocaleString('en')]));
}

/** To hundreds: more is not repeatable. */
function rounded(rate: number): number {
  return Math.round(rate / 100) * 100;
}

function rowsOf(
  { title, owner }: Entrant,
  rates: ReadonlyMap<string, string>,
  lost: ReadonlyMap<string, ReadonlyMap<string, Loss>>,
): Row[] {
  const rate = rates.get(owner);
  const fromDorpel = owner.startsWith('dorpel');
  return [
    ...(rate === undefined ? [] : [{ what: `${title}: readings per second`, value: rate, goal: '' }]),
    ...Array.from(lost, ([fault, of]) => ({ fault, loss: of.get(owner) })).flatMap(({ fault, loss }) => {
      if (!loss) return [];
      const goal = fromDorpel ? '0 of those kept' : '';
      return [{ what: `${title}: lost of ${NUMBERED}, ${fault}`, value: shown(loss), goal }];
    }),
  ];
}

/** All that is missing at the platform, and how many of these its keeper had said were kept. */
function shown({ lost, keptAndLost }: Loss): string {
  return lost === 0 ? '0' : `${lost} (${keptAndLost} kept)`;
}

function table(
  entrants: readonly Entrant[],
  rates: ReadonlyMap<string, string>,
  lost: ReadonlyMap<string, ReadonlyMap<string, Loss>>,
): string {
  const faults = [...lost.keys()];
  const lines = entrants.map(({ title, owner }) => {
    const cells = faults.map((fault) => {
      const loss = lost.get(fault)?.get(owner);
      return loss ? shown(loss) : '';
    });
    return `| ${[title, rates.get(owner) ?? '', ...cells].join(' | ')} |`;
  });
  const heads = ['', 'readings/s', ...faults.map((fault) => `lost of ${NUMBERED.toLocaleString('en')}: ${fault}`)];
  return [`| ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length)}`, ...lines].join('\n');
}
