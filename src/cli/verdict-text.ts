import { faults } from '../feed/complaints.ts';
import { type Judged, labelOf, type Verdict } from '../feed/judge.ts';
import { countOf, shownRanges } from '../model/number-set.ts';

const COLUMNS = 80;
const WIDEST_LABEL = 33;
const HEADINGS = ['GATEWAY/DEVICE EPOCH', 'HEAD', 'DELIVERED', 'LOST', 'RESENDS', 'MISSING'];

/** A verdict for people: a line for each account, what is wrong, and the judgement on the last line. */
export function verdictText(verdict: Verdict): string {
  const rows = verdict.accounts.map(cellsOf).toSorted((one, other) => ((one[0] ?? '') < (other[0] ?? '') ? -1 : 1));
  const table = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const shown = table.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
    });
    return cut(cells.join('  ').trimEnd(), COLUMNS);
  });
  const complaints = verdict.complaints.flatMap(({ fault, count, examples }) => [
    `${fault}: ${count} ${faults[fault]}`,
    ...examples.flatMap((example) => wrapped(example)),
    ...(count > examples.length && fault !== 'missing' ? [`  … ${examples.length} of ${count} shown`] : []),
  ]);
  return [...shown, ...complaints, ...wrapped(factsOf(verdict), ''), judgementOn(verdict)]
    .map((line) => `${line}\n`)
    .join('');
}

function cellsOf(judged: Judged): string[] {
  const { to, from, delivered, declaredLost, resends, missing, notArrivedYet } = judged;
  const open = [
    ...(missing.length > 0 ? [shownRanges(missing)] : []),
    ...(notArrivedYet.length > 0 ? [`not yet ${shownRanges(notArrivedYet)}`] : []),
    ...(from > 1 ? [`(from ${from})`] : []),
  ];
  const numbers = [to, delivered, declaredLost, resends].map(String);
  return [labelWithin(judged), ...numbers, open.length > 0 ? open.join(' ') : '-'];
}

/** The device is cut where there is no room for it, the epoch never. */
function labelWithin(judged: Judged): string {
  const label = labelOf(judged);
  return label.length <= WIDEST_LABEL ? label : `${label.slice(0, WIDEST_LABEL - 10)}…${label.slice(-9)}`;
}

function factsOf({ messages, others, accounts }: Verdict): string {
  const sum = (number: (account: Judged) => number) => accounts.reduce((total, account) => total + number(account), 0);
  const facts = [
    `${messages} messages`,
    ...(others > 0 ? [`${others} not of the feed`] : []),
    `${sum(({ delivered }) => delivered)} delivered`,
    `${sum(({ declaredLost }) => declaredLost)} declared lost`,
    `${sum(({ resends }) => resends)} resends`,
  ];
  return facts.join(', ');
}

function judgementOn({ isComplete, messages, accounts, complaints }: Verdict): string {
  if (messages === 0) return 'NOT complete: no message of the feed';
  const wrong = complaints.map(({ fault, count }) => `${count} ${fault}`);
  if (!isComplete) return cut(`NOT complete: ${wrong.join(', ')}`, COLUMNS);
  const notYet = accounts.reduce((total, { notArrivedYet }) => total + countOf(notArrivedYet), 0);
  const rest = notYet > 0 ? `; ${notYet} still in the gateway` : '';
  return `complete: every number is delivered or declared lost${rest}`;
}

function cut(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
}

/** Words over lines that fit the terminal; a word that is longer than a line is left whole, to be copied. */
function wrapped(text: string, indent = '  '): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of printable(text).split(' ')) {
    if (line.trim() !== '' && line.length + word.length > COLUMNS) {
      lines.push(line.trimEnd());
      line = `${indent}  `;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** Topics and payloads are other people's: what would steer a terminal is shown as a question mark. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
