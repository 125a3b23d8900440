import type { CommandText } from '../../src/cli/command.ts';
import { optionWords } from '../../src/cli/help-text.ts';

/** Beside what the table of commands says: what is on every page. */
export interface Edition {
  readonly version: string;
  /** `2026-11-23`, of the release: a page is the same whenever it is made. */
  readonly date: string;
}

type Named = readonly [name: string, text: CommandText];

/** The page of one command, in roff's man macros (groff_man(7)). */
export function commandPage([name, text]: Named, edition: Edition): string {
  const { summary, usage, options = {}, notes, example, exitCodes = {} } = text;
  return [
    heading(`dorpel-${name}`, edition),
    '.SH NAME',
    `${escaped(`dorpel-${name}`)} \\- ${escaped(lowered(summary))}`,
    '.SH SYNOPSIS',
    ...asTyped(usage),
    ...section('DESCRIPTION', [summary, ...(notes ? [notes] : [])].flatMap(paragraph)),
    ...section(
      'OPTIONS',
      Object.keys(options).flatMap((option) => entry(optionWords(option, options), options[option]?.help ?? '')),
    ),
    ...section('EXAMPLES', example ? asTyped(example) : []),
    ...section(
      'EXIT STATUS',
      Object.entries(exitCodes).flatMap(([code, meaning]) => entry(code, meaning)),
    ),
    '.SH SEE ALSO',
    '.BR dorpel (1)',
    '',
  ].join('\n');
}

/** The page that names all commands. */
export function mainPage(commands: readonly Named[], edition: Edition): string {
  return [
    heading('dorpel', edition),
    '.SH NAME',
    'dorpel \\- measures, keeps, tells: an edge sensor gateway',
    '.SH SYNOPSIS',
    ...asTyped('dorpel COMMAND [OPTIONS]'),
    '.SH COMMANDS',
    ...commands.flatMap(([name, { summary }]) => entry(name, `${summary} See dorpel-${name}(1).`)),
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR journalctl (1)',
    '',
  ].join('\n');
}

function heading(name: string, { version, date }: Edition): string {
  return `.TH ${escaped(name.toUpperCase())} 1 ${date} "Dorpel ${version}" "Dorpel"`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

const entry = (word: string, meaning: string): string[] => ['.TP', `.B ${escaped(word)}`, escaped(meaning)];

const paragraph = (text: string): string[] => ['.PP', ...text.split('\n').map(escaped)];

/** Lines that stay as they are. */
const asTyped = (text: string): string[] => ['.nf', ...text.split('\n').map(escaped), '.fi'];

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');

/** What roff takes for itself (groff_char(7)): backslashes, hyphens, quotes that it would turn, a point at the beginning. */
function escaped(text: string): string {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
  return plain.replace(/^\./, '\\&.');
}
