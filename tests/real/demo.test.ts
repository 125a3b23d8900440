import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { subscribe } from '../support/broker.ts';
import { observationsIn, statesIn } from '../support/capture.ts';
import { type Child, startChild } from '../support/child.ts';
import type { FeedObservation } from '../support/feed.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The project as it is built, in a folder of its own: the demo keeps its data beside its config. */
function cloned(): string {
  const folder = temporaryDirectory();
  for (const part of ['package.json', 'config', 'dist'])
    cpSync(join(project, part), join(folder, part), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** `npm start` in a process group of its own, so that the test can press Ctrl-C. */
async function npmStart(folder: string, shell: string): Promise<{ readonly demo: Child; readonly port: number }> {
  const args = ['start', `--script-shell=${shell}`, '--', '--broker-port', `${await freePort()}`];
  const demo = startChild('npm', args, { cwd: folder, detached: true });
  const line = await demo.line(/ code=demo /);
  return { demo, port: Number(/ -p (\d+) /.exec(line)?.[1]) };
}

/** Where the shell ends by the signal, npm does too; what counts is how the program ended. */
async function pressCtrlC(demo: Child): Promise<void> {
  demo.signalGroup('SIGINT');
  expect([0, 'SIGINT'], demo.output).toContain(await demo.exit);
  expect(demo.output).toContain(' code=stopped ');
}

/** The highest number of each device. */
function highest(observations: readonly FeedObservation[]): Map<string, number> {
  const heads = new Map<string, number>();
  for (const { dev, seq } of observations) heads.set(dev, Math.max(seq, heads.get(dev) ?? 0));
  return heads;
}

describeWith(['npm', 'mosquitto', 'mosquitto_sub'], 'npm start', () => {
  it('shows a village to a subscriber, ends at Ctrl-C, and goes on where it was', { timeout: 180_000 }, async () => {
    const folder = cloned();
    const first = await npmStart(folder, 'sh');
    const early = await subscribe(first.port);
    await until('observations come', () => observationsIn(early.received).length >= 10);
    await pressCtrlC(first.demo);
    await early.end();
    const before = observationsIn(early.received);

    // As /bin/sh is on other systems: it makes way for the program, which then gets Ctrl-C from npm a second time.
    const second = await npmStart(folder, 'bash');
    const late = await subscribe(second.port);
    await until('observations come again', () => observationsIn(late.received).length >= 10);
    await until('the first run is told to have ended well', () => statesIn(late.received).at(-1)?.clean);
    await pressCtrlC(second.demo);
    await late.end();
    const after = observationsIn(late.received);
    expect(new Set(after.map(({ epoch }) => epoch))).toEqual(new Set(before.map(({ epoch }) => epoch)));
    for (const { dev, seq } of after) expect(seq, dev).toBeGreaterThan(highest(before).get(dev) ?? 0);
  });
});
