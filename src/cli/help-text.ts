import type { CommandText } from './command.ts';

/** What `--help` prints; nothing in it is wider than a terminal of 80 columns. */
export function helpText({ summary, usage, options = {}, notes, example, exitCodes = {} }: CommandText): string {
  const codes = Object.entries(exitCodes).map(([code, meaning]) => [code, meaning] as const);
  const parts = [
    filled(summary, '').join('\n'),
    `usage: ${usage}`,
    section(
      'options',
      twoColumns(Object.keys(options).map((name) => [optionWords(name, options), options[name]?.help ?? ''])),
    ),
    notes ?? '',
    section('example', example === undefined ? [] : [`  ${example}`]),
    section('exit code', twoColumns(codes)),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** An option with its short form and what stands for its value: `-c, --config FILE`. */
export function optionWords(name: string, options: NonNullable<CommandText['options']>): string {
  const { short, value } = options[name] ?? {};
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
}

const COLUMNS = 80;
/** A word that is longer stands on a line of its own. */
const WIDEST = 24;

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, ...lines].join('\n');
}

/** Words with what they mean, beside each other as far as that fits. */
export function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const widths = rows.map(([word]) => word.length).filter((width) => width <= WIDEST);
  const width = Math.max(0, ...widths);
  return rows.flatMap(([word, meaning]) => {
    const [first = '', ...more] = filled(meaning, ' '.repeat(width + 4));
    const isWide = word.length > width;
    return [...(isWide ? [`  ${word}`] : []), `  ${(isWide ? '' : word).padEnd(width)}  ${first.trimStart()}`, ...more];
  });
}

/** The text in lines that fit, each with the margin. */
function filled(text: string, margin: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && margin.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(margin + line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, margin + line];
}
