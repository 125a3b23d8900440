import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../../src/uplink/credentials.ts';
import { UplinkError } from '../../src/uplink/uplink.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A keyring whose only file holds this. */
function rig(password: string) {
  const passwordFile = join(temporaryDirectory(), 'password');
  const write = (text: string) => writeFileSync(passwordFile, text);
  write(password);
  return { keyring: new Keyring('city', { passwordFile }), write, remove: () => rmSync(passwordFile) };
}

describe('a keyring', () => {
  it('takes what is on disk, each time anew', () => {
    const { keyring, write } = rig('open-barley\n');
    const before = keyring.next();
    expect(before.password).toBe('open-barley');
    expect(keyring.fingerprint).toBe(before.fingerprint);
    write('opened-sesame');
    expect(keyring.fingerprint).not.toBe(before.fingerprint);
    expect(keyring.next().password).toBe('opened-sesame');
  });

  it('goes on with what is on disk while nothing has ever been accepted', () => {
    const { keyring } = rig('wrong');
    keyring.refused(keyring.next());
    expect(keyring.next().password).toBe('wrong');
  });

  it('takes turns between what is on disk, once that is refused, and what has connected before', () => {
    const { keyring, write } = rig('old');
    keyring.accepted(keyring.next());
    write('new');
    const turns = Array.from({ length: 4 }, () => {
      const turn = keyring.next();
      if (turn.password === 'new') keyring.refused(turn);
      return turn.password;
    });
    expect(turns).toEqual(['new', 'old', 'new', 'old']);
  });

  it('keeps to what is on disk where only the way was at fault, and tries a second renewal at once', () => {
    const { keyring, write } = rig('old');
    keyring.accepted(keyring.next());
    write('new');
    keyring.next();
    expect(keyring.next().password).toBe('new');
    keyring.refused(keyring.next());
    write('newer');
    expect(keyring.next().password).toBe('newer');
  });

  it('says which file cannot be read, and has what has connected before for the next turn', () => {
    const { keyring, remove } = rig('old');
    keyring.accepted(keyring.next());
    remove();
    expect(() => keyring.next()).toThrow(UplinkError);
    expect(() => keyring.latest()).toThrow(/^city: ENOENT.*password/);
    expect(keyring.next().password).toBe('old');
    expect(() => keyring.next()).toThrow(UplinkError);
  });
});
