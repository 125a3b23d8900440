import { expect, it } from 'vitest';
import { verdictText } from '../../src/cli/verdict-text.ts';
import { loss, meta, obs, type Sent, state, verdictOn } from '../feed/messages.ts';

const shown = (sent: readonly Sent[], how = {}) => verdictText(verdictOn(sent, how)).split('\n').slice(0, -1);

it('A complete feed is a line for each account and a judgement.', () => {
  expect(shown([meta(), obs(1), obs(1), obs(2), loss(5, 3, 4), state(7, 2)])).toEqual([
    'GATEWAY/DEVICE EPOCH  HEAD  DELIVERED  LOST  RESENDS  MISSING',
    'gw/air 5f0c7c1e          7          3     2        1  not yet 6-7',
    '6 messages, 3 delivered, 2 declared lost, 1 resends',
    'complete: every number is delivered or declared lost; 2 still in the gateway',
  ]);
});

it('What is wrong is told kind by kind, with numbers as ranges.', () => {
  const wrong = [obs(1), obs(1, { dur: 1 }), obs(4), obs(9), obs(10, { clk: 'x' }), { topic: 'x', payload: 'y' }];
  expect(shown([meta(), ...wrong])).toEqual([
    'GATEWAY/DEVICE EPOCH  HEAD  DELIVERED  LOST  RESENDS  MISSING',
    'gw/air 5f0c7c1e         10          4     0        0  2-3, 5-8',
    'missing: 6 neither delivered nor declared lost',
    '  gw/air 5f0c7c1e 2-3, 5-8',
    'changed: 1 told again with other bytes',
    '  gw/air 5f0c7c1e 1',
    'form: 1 unlike the schema of its kind',
    '  feed/v1/heihoek/gw/air/obs seq 10.clk should be one of ntp, rtc, unsynced',
    '6 messages, 1 not of the feed, 4 delivered, 0 declared lost, 0 resends',
    'NOT complete: 6 missing, 1 changed, 1 form',
  ]);
});

it('Long names, many holes and signs that steer a terminal stay within 80 columns.', () => {
  const dev = 'd'.repeat(40);
  const gw = 'g'.repeat(40);
  const holes = Array.from({ length: 60 }, (_, index) => obs(2 * index + 1, { gw, dev }));
  const lines = shown([...holes, { topic: 'feed/v1/\u001b[2J\u009b2J/x', payload: '' }]);
  expect(lines[1]).toMatch(/^g{23}… 5f0c7c1e +119 +60 +0 +0 +2, 4, .*…$/);
  expect(lines.join('\n')).toContain('(39 more ranges)');
  expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  const words = (line: string) => line.trim().split(' ').length;
  expect(lines.filter((line) => line.length > 80 && words(line) > 1)).toEqual([]);
});
