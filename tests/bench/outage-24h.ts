import type { OutageOptions, Quarter } from './outage-village.ts';
import { inDirectory, Talker } from './processes.ts';
import { type Measured, median, megabytes, type Row } from './row.ts';

const HOURS = 24;
const FROM_HOUR = 2;

/**
 * What the demo village takes while its platform is away for a day, in two runs. As it stands: V8 has garbage lying about,
 * and room for more, as a day in minutes makes it some hundred times faster than a day does; that swings by itself. And
 * cleared of that, at every look: what the gateway holds, which is what could grow with the rows that wait.
 */
export async function outage24h(): Promise<Measured> {
  const [plain, cleared] = await Promise.all([day(false), day(true)]);
  return {
    rows: [
      ...rowsOf('RSS over a 24 h outage, cleared of garbage', cleared, '≤ 5 %'),
      ...rowsOf('  the same as it stands', plain, ''),
      { what: '  observations kept at the end', value: String(plain.at(-1)?.backlog), goal: '' },
    ],
  };
}

/** Growth compares the first two hours looked at with the last two; the spread is between the extremes. */
function rowsOf(what: string, quarters: readonly Quarter[], goal: string): Row[] {
  const rss = quarters.map(({ rssKib }) => rssKib);
  const early = median(rss.slice(0, 8));
  const late = median(rss.slice(-8));
  const percent = (part: number) => `${((part / early) * 100).toFixed(1)} %`;
  return [
    {
      what: `${what}: MB from hour ${FROM_HOUR} and at hour ${HOURS}`,
      value: `${megabytes(early)}, ${megabytes(late)}`,
      goal: '',
    },
    { what: '  growth', value: percent(late - early), goal },
    { what: '  between the least and the most', value: percent(Math.max(...rss) - Math.min(...rss)), goal },
  ];
}

function day(isCleared: boolean): Promise<Quarter[]> {
  return inDirectory(async (directory) => {
    const options: OutageOptions = { directory, hours: HOURS, isCleared };
    const village = new Talker<Quarter>('outage-village.js', options);
    const quarters: Quarter[] = [];
    do quarters.push(await village.next());
    while (quarters.at(-1)?.hour !== HOURS);
    await village.exit;
    return quarters.filter(({ hour }) => hour >= FROM_HOUR);
  });
}
