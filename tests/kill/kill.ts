/** `npm run test:kill`: a hundred times kill -9 on a program that keeps, and nothing acknowledged is missing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killRounds } from './rounds.ts';

const folder = mkdtempSync(join(tmpdir(), 'dorpel-kill-'));
const killed = await killRounds(join(folder, 'outbox.db'), Number(process.argv[2] ?? '100'));
rmSync(folder, { recursive: true });
for (const [what, count] of Object.entries(killed)) process.stdout.write(`${what.padEnd(14)} ${count}\n`);
process.exitCode = killed.lost + killed.corrupt + killed.newEpochs === 0 && killed.acknowledged > 0 ? 0 : 1;
