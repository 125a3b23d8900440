import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary.ts';
import { until } from './until.ts';

/** A terminal of a size, with a shell in it, as a person sits at one. */
export interface Screen {
  /** Types keys, each as tmux calls it: `Space`, `Escape`, `C-c`, or text. */
  type(...keys: readonly string[]): void;
  /** What is on it, line by line. */
  lines(): string[];
  /** Waits until what is on it satisfies `found`, and gives that. */
  until(what: string, found: (text: string) => boolean): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Whether the cursor is seen, and whether a program has a screen of its own. */
  state(): { readonly hasCursor: boolean; readonly isTaken: boolean };
}

/** Opens a terminal in a tmux of its own, which is gone when the test is over. */
export function openScreen(columns: number, rows: number): Screen {
  const socket = join(temporaryDirectory(), 'tmux.sock');
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '', NO_COLOR: '1' };
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env, stdio: 'pipe' });
  tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, "PS1='$ ' exec sh");
  onTestFinished(() => void tmux('kill-server'));
  const lines = () => tmux('capture-pane', '-p').split('\n').slice(0, -1);
  return {
    type: (...keys) => void tmux('send-keys', ...keys),
    lines,
    until: (what, found) =>
      until(what, () => {
        const text = lines().join('\n');
        return found(text) ? text : undefined;
      }).catch((cause: unknown) => {
        throw new Error(`${(cause as Error).message}; on the screen:\n${lines().join('\n')}`);
      }),
    resize: (wide, high) => void tmux('resize-window', '-x', `${wide}`, '-y', `${high}`),
    state: () => {
      const [cursor, alternate] = tmux('display-message', '-p', '#{cursor_flag} #{alternate_on}').trim().split(' ');
      return { hasCursor: cursor === '1', isTaken: alternate === '1' };
    },
  };
}
