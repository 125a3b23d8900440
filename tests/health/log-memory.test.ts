import { expect, it } from 'vitest';
import { logMemory } from '../../src/health/log-memory.ts';

it('keeps the last 500 lines, and passes all on', () => {
  const passed: string[] = [];
  const { log, lines } = logMemory(
    (_level, _code, message) => passed.push(message),
    () => 0,
  );
  log('info', 'first', 'one', { device: 'hall' });
  expect(lines()).toEqual(['time=1970-01-01T00:00:00.000Z level=info code=first device=hall msg=one']);
  for (let n = 0; n < 1700; n += 1) log('warning', 'more', `${n}`);
  expect(lines()).toHaveLength(500);
  expect(lines().at(-1)).toMatch(/msg=1699$/);
  expect(lines().at(0)).toMatch(/msg=1200$/);
  expect(passed).toHaveLength(1701);
});
