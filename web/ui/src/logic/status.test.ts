import { describe, expect, it } from 'vitest';

import { parseStatus, parseWaiting } from './status';
import type { BoothStatus } from './status';

const STATUS: BoothStatus = {
  mode: 'active',
  profile: 'match',
  source: 'cam-1',
  lost: false,
  delay: 2.4,
  behind: false,
  engine: 'up',
  error: '',
  paused: '',
  voice: 'on',
  viewers: 3,
};

describe('parseStatus', () => {
  it('reads what the booth publishes', () => {
    const json = JSON.stringify({ ...STATUS, watching: true });
    expect(parseStatus(json)).toEqual(STATUS);
  });

  it('fills in what is missing or of another type', () => {
    expect(parseStatus('{"delay":"long","behind":1,"error":null}')).toEqual({
      mode: '',
      profile: '',
      source: '',
      lost: false,
      delay: undefined,
      behind: false,
      engine: 'starting',
      error: '',
      paused: '',
      voice: 'on',
      viewers: undefined,
    });
  });

  it.each(['', '{', '[]', '7', 'null'])('is undefined for %j', (json) => {
    expect(parseStatus(json)).toBeUndefined();
  });
});

it.each<[string | undefined, string, boolean?]>([
  ['{"pressbox":{"waiting":"all busy","why":"busy"}}', 'all busy'],
  ['{"pressbox":{"waiting":"it has stopped","why":"stopped"}}', '', true],
  ['{"pressbox":{"waiting":7}}', ''],
  ['{"pressbox":null}', ''],
  ['{"waiting":"of another program"}', ''],
  ['no JSON', ''],
  [undefined, ''],
])('reads in %j why a room has no commentator', (metadata, waiting, seen = false) => {
  expect(parseWaiting(metadata)).toEqual({ waiting, seen });
});
