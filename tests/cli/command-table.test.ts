import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { allCommands, overview } from '../../src/cli/commands.ts';
import { bashCompletion } from '../../src/cli/completion.ts';
import { helpText } from '../../src/cli/help-text.ts';
import { commandPage, mainPage } from '../man/man-page.ts';
import { describeWith } from '../support/programs.ts';

const COLUMNS = 80;
/** Commands that do not say everything of themselves yet. None may come to this list, and those on it are to leave it. */
const INCOMPLETE: readonly string[] = [];

const all = await allCommands();
const edition = { version: '1.2.3', date: '2026-11-23' };

describe('the table of commands', () => {
  it('says of each its options, an example and its exit codes', () => {
    const incomplete = all.filter(([, { options, example, exitCodes }]) => !options || !example || !exitCodes);
    expect(incomplete.map(([name]) => name)).toEqual(INCOMPLETE);
  });

  it.each(all)(
    '%s: usage, options and example are of one mind',
    (name, { usage, options = {}, example, exitCodes }) => {
      expect(usage).toMatch(new RegExp(`^dorpel ${name}\\b`));
      const used = [...usage.matchAll(/--([a-z0-9-]+)/g)].map(([, option = '']) => option);
      expect([...new Set(used)].toSorted()).toEqual(Object.keys(options).toSorted());
      for (const { type, value } of Object.values(options)) expect(value !== undefined).toBe(type === 'string');
      if (example) expect(example).toContain(`dorpel ${name}`);
      if (exitCodes) expect(Object.keys(exitCodes)).toEqual(expect.arrayContaining(['0', '2']));
    },
  );

  it('prints help that fits a terminal of 80 columns', () => {
    const texts = all.map(([, command]) => helpText(command));
    const lines = [...texts, overview('1.2.3', all)].flatMap((text) => text.split('\n'));
    expect(lines.filter((line) => line.length > COLUMNS)).toEqual([]);
    expect(overview('1.2.3', all)).toMatch(/^ {2}status +Shows how/m);
  });

  it('prints each option with its value and its line of help', () => {
    const text = helpText({
      summary: 'Does it.',
      usage: 'dorpel do',
      options: { config: { type: 'string', short: 'c', value: 'FILE', help: 'which' } },
      exitCodes: { 0: 'done' },
    });
    expect(text).toBe(`Does it.

usage: dorpel do

options:
  -c, --config FILE  which

exit code:
  0  done
`);
  });
});

/** What bash offers for a line that ends in the last of `words`. */
function offered(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(dorpel ${line}); COMP_CWORD=${words.length}; _dorpel; echo "\${COMPREPLY[*]}"`;
  const said = execFileSync('bash', ['-c', `${bashCompletion(all)}\n${ask}`], { encoding: 'utf8' });
  return said.trim().split(' ');
}

describe('the completion for bash', () => {
  it('offers the commands, and the options of the one that is typed', () => {
    expect(offered('st')).toEqual(['status']);
    expect(offered('apply', 'new.yaml', '--c')).toEqual(['--confirm', '--config']);
    expect(offered('verify', '--key')).toEqual(['--key-file']);
    expect(offered('check', '')).toEqual(['']);
  });
});

describeWith(['shellcheck'], 'the completion for bash', () => {
  it('is a sound script', () => {
    execFileSync('shellcheck', ['--shell=bash', '-'], {
      input: bashCompletion(all),
      stdio: ['pipe', 'inherit', 'pipe'],
    });
  });
});

describeWith(['man'], 'the manual pages', () => {
  it.each<[string, string]>([
    ['dorpel', mainPage(all, edition)],
    ...all.map((command) => [`dorpel-${command[0]}`, commandPage(command, edition)] as [string, string]),
  ])('%s is read by man without a warning', (name, page) => {
    const how = { input: page, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, MANWIDTH: '80' } } as const;
    // Every warning of groff's goes to standard error, and none ends it with another exit code.
    expect(execFileSync('sh', ['-c', 'man --warnings -l - 2>&1 >/dev/null'], how)).toBe('');
    const shown = execFileSync('man', ['-l', '-'], how);
    expect(shown).toMatch(new RegExp(`^NAME\\n +${name} `, 'm'));
  });

  it('an example stays as it is typed', () => {
    const page = commandPage(
      ['do', { summary: 'Does.', usage: 'dorpel do', example: `dorpel do 'a\\b' "c" .x --f` }],
      edition,
    );
    const shown = execFileSync('man', ['-l', '-'], {
      input: page,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    expect(shown).toContain(`dorpel do 'a\\b' "c" .x --f`);
  });
});
