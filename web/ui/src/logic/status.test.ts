import { describe, expect, it } from 'vitest';

import { delayLabel, parseStatus, parseWaiting, report } from './status';
import type { BoothStatus } from './status';

const STATUS: BoothStatus = {
  mode: 'active',
  source: 'cam-1',
  lost: false,
  delay: 2.4,
  behind: false,
  engine: 'up',
  error: '',
  paused: '',
};
const told = (change: Partial<BoothStatus>) =>
  report(true, { ...STATUS, ...change }, 'the yard', '');

describe('parseStatus', () => {
  it('reads what the booth publishes', () => {
    const json = JSON.stringify({ ...STATUS, profile: 'default', watching: true });
    expect(parseStatus(json)).toEqual(STATUS);
  });

  it('fills in what is missing or of another type', () => {
    expect(parseStatus('{"delay":"long","behind":1,"error":null}')).toEqual({
      mode: '',
      source: '',
      lost: false,
      delay: undefined,
      behind: false,
      engine: 'starting',
      error: '',
      paused: '',
    });
  });

  it.each([undefined, '', '{', '[]', '7', 'null'])('is undefined for %j', (json) => {
    expect(parseStatus(json)).toBeUndefined();
  });
});

describe('report', () => {
  it('says who is missing', () => {
    expect(report(false, undefined, '', '')).toMatchObject({ tone: 'warn' });
    expect(report(true, undefined, '', 'all busy')).toMatchObject({ tone: 'busy' });
    expect(report(false, undefined, '', 'all busy').text).toContain('All busy.');
  });

  it('says what the booth does', () => {
    expect(told({})).toEqual({ tone: 'good', text: 'Watching the yard' });
    expect(told({ mode: 'idle' }).text).toContain('answers when asked');
  });

  it.each<[Partial<BoothStatus>, string, string]>([
    [{ source: '' }, 'warn', 'no camera in the room'],
    [{ source: '', error: 'cam-9 publishes no video here' }, 'warn', 'cam-9'],
    [{ engine: 'down', error: 'refused' }, 'bad', '(refused)'],
    [{ lost: true, error: 'gate: reconnecting', engine: 'down' }, 'warn', 'Gate: reconnecting.'],
    [{ engine: 'starting' }, 'busy', 'starting'],
    [{ error: 'DELAY=99 is not allowed' }, 'warn', 'DELAY=99 is not allowed.'],
    [{ paused: 'nobody is watching' }, 'warn', 'nobody is watching'],
    [{ behind: true }, 'warn', 'cannot keep up'],
  ])('%j', (change, tone, words) => {
    const said = told(change);
    expect(said.tone).toBe(tone);
    expect(said.text).toContain(words);
  });

  it('puts the engine before its consequences', () => {
    expect(told({ engine: 'down', behind: true, paused: 'x' }).tone).toBe('bad');
  });
});

it.each<[string | undefined, string]>([
  ['{"pressbox":{"waiting":"all busy"}}', 'all busy'],
  ['{"pressbox":{"waiting":7}}', ''],
  ['{"pressbox":null}', ''],
  ['{"waiting":"of another program"}', ''],
  ['no JSON', ''],
  [undefined, ''],
])('reads in %j why a room has no commentator', (metadata, waiting) => {
  expect(parseWaiting(metadata)).toBe(waiting);
});

it('says how late the picture is', () => {
  expect(delayLabel(2.44)).toBe('2.4 s behind live');
  expect(delayLabel(0)).toBe('live');
});
