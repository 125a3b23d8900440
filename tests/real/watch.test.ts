import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MAIN, runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { openScreen, type Screen } from '../support/screen.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** 24 simulated parts on twelve buses, 48 streams: three pages of a small terminal. */
async function village() {
  const folder = temporaryDirectory();
  const buses = Object.fromEntries(
    Array.from({ length: 12 }, (_, n) => [`b${n}`, { kind: 'i2c', path: `/dev/i2c-${n}` }]),
  );
  const devices = Object.fromEntries(
    Array.from({ length: 24 }, (_, n) => {
      const place = { bus: `b${n % 12}`, address: n < 12 ? 0x44 : 0x45 };
      return [`device-${String(n).padStart(2, '0')}`, { driver: 'sht4x', ...place, period: '2s' }];
    }),
  );
  const config = writeConfig(folder, { buses, devices, uplinks: {} });
  const gateway = runGateway(config, {}, '--simulate');
  await gateway.line(/code=first-durable/);
  return { folder, config, gateway };
}

/** Types the command as a person does; the shell remembers its process number. */
async function watch(screen: Screen, { folder, config }: { readonly folder: string; readonly config: string }) {
  const pidFile = join(folder, 'watch.pid');
  const command = `sh -c 'echo $$ > ${pidFile}; exec ${process.execPath} ${MAIN} watch --config ${config}'; echo ended $?`;
  screen.type(command, 'Enter');
  await screen.until('the streams are there', (text) => /device-00 .*°C/.test(text));
  return Number(await until('its number', () => readFileSync(pidFile, 'utf8')));
}

/** How many lines begin so. */
const countOf = (text: string, start: string): number =>
  text.split('\n').filter((line) => line.startsWith(start)).length;

/** The shell is there as before: its cursor, its own screen, and a terminal that echoes and edits lines. */
async function expectClean(screen: Screen, ended: string): Promise<void> {
  const text = await screen.until('it has ended', (shown) => /ended \d/.test(shown));
  expect(text).toMatch(new RegExp(`ended ${ended}$`, 'm'));
  expect(text).not.toContain('DEVICE');
  expect(screen.state()).toEqual({ hasCursor: true, isTaken: false });
  screen.type(
    'clear; stty -a | tr " ;" "\\n\\n" | grep -xE -- "-?(echo|icanon|isig|icrnl|opost)"; echo "do""ne"',
    'Enter',
  );
  const modes = await screen.until('the modes', (shown) => shown.includes('done'));
  expect(modes.match(/^-?(echo|icanon|isig|icrnl|opost)$/gm)?.toSorted()).toEqual([
    'echo',
    'icanon',
    'icrnl',
    'isig',
    'opost',
  ]);
}

describeWith(['tmux'], 'dorpel watch', () => {
  it('is driven by keys at 80 columns and 24 rows, and leaves the terminal as it was', {
    timeout: 90_000,
  }, async () => {
    const site = await village();
    const screen = openScreen(80, 24);
    await watch(screen, site);
    expect(screen.state()).toEqual({ hasCursor: false, isTaken: true });
    const first = await screen.until('pages', (text) => text.includes('page 1 of 3 · by device'));
    expect(first).toMatch(/^Dorpel: heihoek\/gw/);
    expect(first).not.toContain('device-23');
    screen.type('Space');
    await screen.until('the second page', (text) => text.includes('page 2 of 3') && !text.includes('device-00'));
    screen.type('Space', 'Space');
    await screen.until('the first page again', (text) => text.includes('page 1 of 3') && text.includes('device-00'));
    screen.type('s');
    const sorted = await screen.until('another order', (text) => text.includes('by quantity'));
    expect(sorted).not.toContain('relative_humidity');
    screen.type('/', 'device-17');
    await screen.until('what is typed', (text) => text.includes('filter: device-17_ (Enter keeps it, Esc clears it)'));
    screen.type('Enter');
    const only = await screen.until('the one device', (text) => countOf(text, 'device-17') === 2);
    expect(only).toContain('only device-17');
    expect(countOf(only, 'device-')).toBe(2);
    screen.type('/', 'xyz', 'Escape');
    await screen.until('all devices again', (text) => text.includes('device-00') && !text.includes('only'));
    screen.type('q');
    await expectClean(screen, '0');
    expect(await site.gateway.end('SIGTERM')).toBe(0);
  });

  it('uses a terminal of 200 columns and 60 rows, and follows when that is resized', { timeout: 90_000 }, async () => {
    const site = await village();
    const screen = openScreen(200, 60);
    await watch(screen, site);
    const whole = await screen.until('all streams', (text) => countOf(text, 'device-') === 48);
    expect(whole).not.toMatch(/page \d/);
    // A trend has room.
    await screen.until('a trend', (text) => /[▁▂▃▄▅▆▇█]{3}/.test(text));
    screen.resize(80, 24);
    const small = await screen.until('it is small', (text) => text.includes('page 1 of 3'));
    for (const line of small.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    screen.type('C-c');
    await expectClean(screen, '0');
  });

  it.each<[NodeJS.Signals, string]>([
    ['SIGTERM', '0'],
    ['SIGINT', '0'],
  ])('leaves the terminal as it was at %s', { timeout: 90_000 }, async (signal, ended) => {
    const site = await village();
    const screen = openScreen(80, 24);
    process.kill(await watch(screen, site), signal);
    await expectClean(screen, ended);
  });

  it('stays when the gateway dies, says so, and goes on when it is back', { timeout: 90_000 }, async () => {
    const site = await village();
    const screen = openScreen(80, 24);
    await watch(screen, site);
    await site.gateway.end('SIGKILL');
    await screen.until('it says so', (text) => text.includes('no gateway answers at'));
    const next = runGateway(site.config, {}, '--simulate');
    await next.line(/code=first-durable/);
    await screen.until('it is there again', (text) => !text.includes('no gateway answers at'));
    await next.end('SIGKILL');
    await screen.until('it says so again', (text) => text.includes('no gateway answers at'));
    screen.type('q');
    await expectClean(screen, '0');
  });

  it('does not take a terminal over where nobody answers, or where there is none', { timeout: 90_000 }, async () => {
    const screen = openScreen(80, 24);
    screen.type(`${process.execPath} ${MAIN} watch --socket /nonexistent/control.sock; echo ended $?`, 'Enter');
    const text = await screen.until('it ends', (shown) => /^ended \d/m.test(shown));
    expect(text).toMatch(/no gateway answers at \/nonexistent\/control\.sock\nhint: [\s\S]*^ended 1$/m);
    expect(screen.state()).toEqual({ hasCursor: true, isTaken: false });
  });
});
