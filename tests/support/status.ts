import type { DeviceStatus, Status, StreamStatus } from '../../src/health/status.ts';

/** What a gateway with nothing on it would say of itself. */
export function statusOf(parts: Partial<Status> = {}): Status {
  return {
    gateway: { id: 'hall', owner: 'heihoek', version: '0.1.0', pid: 1 },
    now: Date.UTC(2026, 10, 23, 12),
    clock: 'ntp',
    upSeconds: 7200,
    buses: [],
    devices: [],
    outbox: outboxStats(),
    uplinks: [],
    ...parts,
  };
}

export function outboxStats(parts: Partial<Status['outbox']> = {}): Status['outbox'] {
  return { heads: {}, backlog: {}, waiting: {}, losses: [], rows: 0, sizeBytes: 40_960, ...parts };
}

export function deviceStatus(device: string, parts: Partial<DeviceStatus> = {}): DeviceStatus {
  const facts = { device, driver: 'sht4x', bus: 'one', part: 'SHT41', periodSeconds: 60 };
  return { ...facts, state: 'well', forSeconds: 600, streams: [streamStatus()], ...parts };
}

export function streamStatus(parts: Partial<StreamStatus> = {}): StreamStatus {
  return { quantity: 'air_temperature', value: 21.5, quality: 'ok', ageSeconds: 3, trend: [21, 21.5], ...parts };
}

export function uplinkStatus(
  uplink: string,
  parts: Partial<Status['uplinks'][number]> = {},
): Status['uplinks'][number] {
  const counts = { accepted: 4, inFlight: 0, setAside: 0, refusedForGood: 0 };
  return { uplink, isConnected: true, lastError: undefined, refused: [], ...counts, ...parts };
}
