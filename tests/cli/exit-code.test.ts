import { expect, it } from 'vitest';
import { type Command, UsageError } from '../../src/cli/command.ts';
import { exitCodeFor } from '../../src/cli/exit-code.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { StoreError } from '../../src/model/errors.ts';
import { UplinkError } from '../../src/uplink/uplink.ts';

const command: Command = { summary: '', usage: 'dorpel run', run: async () => 0 };

/** The exit code, and what is said on the way. */
function told(cause: unknown): [number, string] {
  let said = '';
  const stderr = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  return [exitCodeFor(cause, command, { stderr }), said];
}

it.each<[string, Error, number, string]>([
  ['wrong usage', new UsageError('which device?'), 2, 'which device?\nusage: dorpel run\n'],
  [
    'a wrong config',
    new ConfigError([{ file: 'a.yaml', line: 1, column: 2, key: 'x', message: 'wrong', hint: 'right' }]),
    2,
    'a.yaml:1:2: x: wrong\n    hint: right\n1 problem; nothing was started\n',
  ],
  ['a store that fails', new StoreError('disk full', 'make room'), 1, 'disk full\nhint: make room\n'],
  ['a broker that cannot be asked', new UplinkError('no answer', 'try'), 2, 'no answer\nhint: try\n'],
  ['a broker that says nothing', new UplinkError('no answer', ''), 2, 'no answer\n'],
])('%s has its exit code and its words', (_, cause, code, words) => {
  expect(told(cause)).toEqual([code, words]);
});

it('a bug is thrown on, with its stack', () => {
  const bug = new TypeError('undefined is not a function');
  expect(() => told(bug)).toThrow(bug);
});
