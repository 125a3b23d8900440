import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { successor } from '../../src/uplink/renewal.ts';
import { type Message, type Session, type Uplink, UplinkError } from '../../src/uplink/uplink.ts';

const will: Message = { topic: 'state', payload: 'offline', isRetained: true, contentType: 'text/plain' };
const HOUR_MS = 3_600_000;

/** A session that can be lost, made with credentials of this fingerprint. */
function session(fingerprint: string) {
  const lost = new AbortController();
  const made: Session = {
    maxInFlight: 1,
    fingerprint,
    lost: lost.signal,
    publish: async () => ({ kind: 'accepted' }),
    end: async () => undefined,
    drop: () => lost.abort(new UplinkError('dropped', '')),
  };
  return { ...made, lose: () => lost.abort(new UplinkError('lost', '')) };
}

/** A session of `old` credentials, what lies on disk, and a platform that takes it or not. */
function rig({ isSlow = false } = {}) {
  const clock = new VirtualClock();
  const old = session('old');
  const stop = new AbortController();
  const failures: UplinkError[] = [];
  const state = { onDisk: 'old', isTaken: true, attempts: 0 };
  let arrive: () => void = () => undefined;
  const slowly = () =>
    new Promise<void>((resolve) => {
      arrive = resolve;
    });
  const uplink: Uplink = {
    name: 'city',
    connect: () => Promise.reject(new Error('the renewal has its own way')),
    renewal: {
      fingerprint: () => state.onDisk,
      connect: async () => {
        state.attempts += 1;
        if (isSlow) await slowly();
        if (!state.isTaken) throw new UplinkError('certificate expired', '');
        return session(state.onDisk);
      },
    },
  };
  const renewable = {
    uplink,
    session: old,
    clock,
    will: () => will,
    failed: (e: UplinkError) => void failures.push(e),
  };
  const next = successor(renewable, stop.signal);
  return { clock, old, stop, failures, state, next, arrive: (): void => arrive() };
}

describe('a renewal', () => {
  it('makes a new session within a minute or so, and only then lets the old one go', async () => {
    const { clock, old, state, next } = rig();
    await clock.advance(24 * HOUR_MS);
    expect(state.attempts).toBe(0);
    state.onDisk = 'new';
    await clock.advance(60_000);
    expect(await next).toMatchObject({ fingerprint: 'new' });
    expect(old.lost.aborted).toBe(true);
  });

  it('that the platform refuses leaves the old session alone, is told once and tried again each hour', async () => {
    const { clock, old, state, failures, next } = rig();
    state.isTaken = false;
    state.onDisk = 'new';
    await clock.advance(5 * HOUR_MS + 60_000);
    expect(old.lost.aborted).toBe(false);
    expect(state.attempts).toBe(6);
    expect(failures.map(({ message }) => message)).toEqual(['certificate expired']);
    state.isTaken = true;
    await clock.advance(HOUR_MS);
    expect(await next).toMatchObject({ fingerprint: 'new' });
  });

  it('is tried at once when what was refused is put right, and not at all when the old is put back', async () => {
    const { clock, state, failures, next } = rig();
    state.isTaken = false;
    state.onDisk = 'half';
    await clock.advance(60_000);
    state.onDisk = 'old';
    await clock.advance(5 * HOUR_MS);
    expect(state.attempts).toBe(1);
    state.isTaken = true;
    state.onDisk = 'whole';
    await clock.advance(60_000);
    expect(await next).toMatchObject({ fingerprint: 'whole' });
    expect(failures.length).toBe(1);
  });

  it('goes on though the platform ends the old session while it lets the new one in', async () => {
    const { clock, old, state, arrive, next } = rig({ isSlow: true });
    state.onDisk = 'new';
    await clock.advance(60_000);
    old.lose();
    arrive();
    expect(await next).toMatchObject({ fingerprint: 'new' });
  });

  it('ends with nothing when the old session is lost, or at a stop', async () => {
    const lost = rig();
    lost.old.lose();
    expect(await lost.next).toBeUndefined();
    const stopped = rig();
    stopped.stop.abort();
    expect(await stopped.next).toBeUndefined();
    expect(lost.state.attempts + stopped.state.attempts).toBe(0);
  });
});
