/**
 * `npm run fuzz`: a million random and harmed byte strings for every parser of frames, and a table of what they came to.
 * Names of parsers as arguments leave out the others; `DORPEL_FUZZ_RUNS` is another number of strings.
 */
import { parsers } from './parsers.ts';

const runs = Number(process.env['DORPEL_FUZZ_RUNS'] ?? 1_000_000);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parsers.some((parser) => parser.name === name));
if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
  const names = parsers.map(({ name }) => `"${name}"`).join(', ');
  process.stderr.write(`a whole number of strings in DORPEL_FUZZ_RUNS, and names among: ${names}\n`);
  process.exit(2);
}

const row = (cells: readonly (string | number)[]) => {
  const [name = '', ...rest] = cells;
  process.stdout.write(`${String(name).padEnd(30)}${rest.map((cell) => String(cell).padStart(11)).join('')}\n`);
};

row(['parser', 'strings', 'frames', 'hidden', 'CPU s', 'result']);
for (const { name, run } of parsers) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const before = process.cpuUsage();
  const seconds = () => ((process.cpuUsage(before).user + process.cpuUsage(before).system) / 1e6).toFixed(0);
  try {
    const { strings, heard, hidden } = await run(runs);
    row([name, strings, heard, hidden, seconds(), 'passed']);
  } catch (cause) {
    row([name, '', '', '', seconds(), 'FAILED']);
    // fast-check's message has the seed and the smallest string, its cause says what is wrong.
    const { message, cause: reason } = cause as Error;
    process.stdout.write(`${reason instanceof Error ? reason.message : ''}\n${message}\n`);
    process.exitCode = 1;
  }
}
