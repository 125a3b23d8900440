import type { OutageOptions, Quarter } from './outage-village.ts';
import { inDirectory, Talker } from './processes.ts';
import { type Measured, median, megabytes, type Row } from './row.ts';

const HOURS = 24;
const FROM_HOUR = 2;

/** What the demo village takes while its platform is away for a day: as it is, and after a garbage collection. */
export async function outage24h(): Promise<Measured> {
  const [plain, settled] = await Promise.all([day([]), day(['--expose-gc'])]);
  return {
    rows: [
      ...rowsOf('RSS over a 24 h outage', plain, ({ rssKib }) => rssKib),
      ...rowsOf('  the same, after gc', settled, ({ settledRssKib = Number.NaN }) => settledRssKib),
      { what: '  observations kept at the end', value: String(plain.at(-1)?.backlog), goal: '' },
    ],
  };
}

/** Growth compares the first two hours looked at with the last two; the spread is between the extremes. */
function rowsOf(what: string, quarters: readonly Quarter[], rssOf: (quarter: Quarter) => number): Row[] {
  const rss = quarters.map(rssOf);
  const early = median(rss.slice(0, 8));
  const late = median(rss.slice(-8));
  const percent = (part: number) => `${((part / early) * 100).toFixed(1)} %`;
  return [
    {
      what: `${what}: MB from hour ${FROM_HOUR} and at hour ${HOURS}`,
      value: `${megabytes(early)}, ${megabytes(late)}`,
      goal: '',
    },
    { what: '  growth', value: percent(late - early), goal: '≤ 5 %' },
    { what: '  between the least and the most', value: percent(Math.max(...rss) - Math.min(...rss)), goal: '' },
  ];
}

function day(nodeOptions: readonly string[]): Promise<Quarter[]> {
  return inDirectory(async (directory) => {
    const options: OutageOptions = { directory, hours: HOURS };
    const village = new Talker<Quarter>('outage-village.js', options, nodeOptions);
    const quarters: Quarter[] = [];
    do quarters.push(await village.next());
    while (quarters.at(-1)?.hour !== HOURS);
    await village.exit;
    return quarters.filter(({ hour }) => hour >= FROM_HOUR);
  });
}
