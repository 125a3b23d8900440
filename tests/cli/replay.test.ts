import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replay } from '../../src/cli/replay.ts';
import { commanded } from '../support/commanded.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('dorpel replay', () => {
  const vector = (fields: string) => {
    const file = join(temporaryDirectory(), 'vectors.yaml');
    writeFileSync(file, `- { name: one, origin: computed, ${fields} }\n`);
    return file;
  };
  const MEASURED = 'poll: [{ write: "fd" }, { sleep: 9 }, { read: "6666 93 8000 a2" }]';

  it('shows what is otherwise than written, and ends with 1', async () => {
    const file = vector(`driver: sht4x, ${MEASURED}, expect: { air_temperature: 25, relative_humidity: 56 }`);
    const { code, out } = await commanded(replay, [file]);
    expect(out).toMatch(/poll +air_temperature 25, relative_humidity 56.5: NOT as written\n +written .*humidity 56\n/);
    expect(out).toMatch(/^1 of 1 NOT as written$/m);
    expect(code).toBe(1);
  });

  it('names the step where the driver does otherwise', async () => {
    const file = vector(`driver: sht4x, ${MEASURED.replace('9', '8')}, error: timeout`);
    const { code, out } = await commanded(replay, [file]);
    expect(out).toContain('NOT as written: step 2: expected {"sleep":8}, driver did {"sleep":9}');
    expect(code).toBe(1);
  });

  it('tells a value from the error that is written', async () => {
    const file = vector(`driver: sht4x, ${MEASURED}, error: checksum`);
    expect(await commanded(replay, [file])).toMatchObject({ code: 1, out: expect.stringContaining('error checksum') });
  });

  it('plays the vectors of a driver that is named', async () => {
    const file = join(import.meta.dirname, '../../drivers/sht4x/vectors.yaml');
    await expect(commanded(replay, [file])).rejects.toThrow('it does not say which driver it is of');
    await expect(commanded(replay, [file, '--driver', 'sht4'])).rejects.toThrow('there is no driver called "sht4"');
    expect((await commanded(replay, [file, '--driver', 'sht4x'])).code).toBe(0);
  });

  it('does not call the same what has nothing to be compared with', async () => {
    const file = vector(`driver: sht4x, ${MEASURED}`);
    expect(await commanded(replay, [file])).toMatchObject({
      code: 1,
      out: expect.stringContaining('nothing is written'),
    });
  });

  it('says where a file is wrong', async () => {
    const wrong = vector('driver: sht4x, poll: [{ wriet: "fd" }]');
    await expect(commanded(replay, [wrong])).rejects.toThrow(/vectors\.yaml:1:\d+: should be a step such as/);
    await expect(commanded(replay, ['/no/such/file'])).rejects.toThrow('there is no such file');
  });
});
