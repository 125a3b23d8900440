/** Writes the manual pages and the shell's completion into man/, from the table of commands: `npm run man`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allCommands } from '../../src/cli/commands.ts';
import { bashCompletion } from '../../src/cli/completion.ts';
import { RELEASED_AT } from '../../src/health/clock-sync.ts';
import { version } from '../../src/health/version.ts';
import { commandPage, mainPage } from './man-page.ts';

const folder = fileURLToPath(new URL('../../../man', import.meta.url));
const commands = await allCommands();
const edition = { version: version(), date: new Date(RELEASED_AT).toISOString().slice(0, 10) };

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'dorpel.1'), mainPage(commands, edition));
for (const command of commands) writeFileSync(join(folder, `dorpel-${command[0]}.1`), commandPage(command, edition));
writeFileSync(join(folder, 'completion.bash'), bashCompletion(commands));
process.stdout.write(`${commands.length + 1} pages in ${folder}\n`);
