import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceEntry } from '../../src/health/events.ts';
import { humanLog, type Level, structuredLog } from '../../src/health/log.ts';
import { SensorError } from '../../src/model/errors.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

function lines(isJournal: boolean) {
  const written: string[] = [];
  const write = (line: string) => void written.push(line);
  return { written, log: structuredLog(write, () => NOON, isJournal), human: humanLog(write, () => NOON) };
}

describe('the log', () => {
  it('writes key=value with time and level into a file', () => {
    const { log, written } = lines(false);
    log('warning', 'device-fault', 'no answer', { device: 'attic', kind: 'timeout', attempts: 3, isFirst: true });
    expect(written).toEqual([
      'time=2026-11-23T12:00:00.000Z level=warning code=device-fault device=attic kind=timeout attempts=3 isFirst=true msg="no answer"\n',
    ]);
  });

  it.each<[Level, string]>([
    ['error', '<3>'],
    ['warning', '<4>'],
    ['notice', '<5>'],
    ['info', '<6>'],
  ])('begins %s with %s for the journal, and leaves out the time', (level, prefix) => {
    const { log, written } = lines(true);
    log(level, 'started', 'here');
    expect(written).toEqual([`${prefix}code=started msg=here\n`]);
  });

  it('leaves out facts that are not known', () => {
    const { log, written } = lines(true);
    log('info', 'started', 'here', { device: undefined, path: '/dev/ttyUSB0' });
    expect(written).toEqual(['<6>code=started path=/dev/ttyUSB0 msg=here\n']);
  });

  it('quotes what has spaces, quotes, newlines or nothing in it', () => {
    const { log, written } = lines(true);
    log('info', 'said', 'he said "no"\nand left', {
      empty: '',
      two: 'a b',
      equal: 'a=b',
      tab: 'a\tb',
      esc: '\u001b[31m',
    });
    expect(written).toEqual([
      '<6>code=said empty="" two="a b" equal="a=b" tab="a\\tb" esc="\\u001b[31m" msg="he said \\"no\\"\\nand left"\n',
    ]);
  });

  it('is one line for each thing that is said, whatever is in it, and can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, fact) => {
        const { log, written } = lines(true);
        log('error', 'code', message, { fact });
        const [line = '', ...more] = written;
        expect(more).toEqual([]);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const [, saidFact = '', said = ''] =
          /^<3>code=code fact=("(?:[^"\\]|\\.)*"|\S+) msg=(.*)\n$/su.exec(line) ?? [];
        const meant = (text: string) => (text.startsWith('"') ? JSON.parse(text) : text);
        expect([meant(saidFact), meant(said)]).toEqual([fact, message]);
      }),
    );
  });

  it('is one line each for people too', () => {
    const { human, written } = lines(false);
    human('warning', 'device-fault', 'attic: it said\r\n  "no"\u001b[2J\nand left');
    human('info', 'device-started', 'attic is there');
    expect(written.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
      'warning: attic: it said "no" [2J and left\n',
      'attic is there\n',
    ]);
  });
});

describe('what happens to a device', () => {
  it('is said with the fault’s words and kind, then with the count between', () => {
    const error = new SensorError('timeout', 'silence on /dev/ttyUSB0');
    expect(deviceEntry({ event: 'fault', device: 'attic', error })).toEqual([
      'warning',
      'device-fault',
      'attic: silence on /dev/ttyUSB0 (timeout); trying again',
      { device: 'attic', kind: 'timeout' },
    ]);
    const healed = deviceEntry({ event: 'healed', device: 'attic', failures: 5, forMs: 16_400 });
    expect(healed[2]).toBe('attic works again after 5 failed attempts in 16 s');
  });

  it('is said with what the part tells of itself, if it does', () => {
    const identity = { part: 'SHT41', serialNumber: 'beef0000', firmware: '1.2' };
    expect(deviceEntry({ event: 'identified', device: 'attic', identity })[2]).toBe(
      'attic is there: SHT41, serial number beef0000, firmware 1.2',
    );
    expect(deviceEntry({ event: 'identified', device: 'attic', identity: {} })[2]).toBe('attic is there');
  });
});
