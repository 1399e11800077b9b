import { describe, expect, it } from 'vitest';

import { de } from '../texts/de';
import { en } from '../texts/en';
import { delayLabel, dots, report } from './report';
import type { Phase } from './phase';
import { NO_BOOTH } from './status';
import type { Booth, BoothStatus } from './status';

const STATUS: BoothStatus = {
  mode: 'active',
  profile: 'default',
  source: 'cam-1',
  lost: false,
  delay: 2.4,
  behind: false,
  engine: 'up',
  error: '',
  paused: '',
  voice: 'on',
  viewers: 1,
};
const BOOTH: Booth = { ...NO_BOOTH, present: true, status: STATUS, sourceName: 'the yard' };
const having = (change: Partial<BoothStatus>): Booth => ({
  ...BOOTH,
  status: { ...STATUS, ...change },
});
const told = (change: Partial<BoothStatus>) => report(having(change), en);

describe('report', () => {
  it('says who is missing', () => {
    expect(report(NO_BOOTH, en).text).toBe(en.report.none);
    expect(report({ ...NO_BOOTH, seen: true }, en).text).toBe(en.report.gone);
    expect(report({ ...NO_BOOTH, present: true, waiting: 'busy' }, en).tone).toBe('busy');
    expect(report({ ...NO_BOOTH, waiting: 'all busy' }, en).text).toContain('All busy.');
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

  it('never shows a raw identity of a person', () => {
    const status = { ...STATUS, source: 'viewer-d4c966bb' };
    const booth = { ...BOOTH, status, sourceName: '' };
    expect(report(booth, en).text).not.toContain('d4c966bb');
    expect(report({ ...booth, mine: true }, en).text).toContain(en.report.yours);
  });

  it('puts the engine before its consequences', () => {
    expect(told({ engine: 'down', behind: true, paused: 'x' }).tone).toBe('bad');
  });
});

describe('dots', () => {
  const tones = (phase: Phase, booth: Booth) => dots(phase, booth, en).map((dot) => dot.tone);
  const live: Phase = { name: 'live', way: 'webrtc' };

  it.each<[Phase, Partial<BoothStatus>, string]>([
    [live, {}, 'good good good good'],
    [live, { lost: true }, 'warn good good good'],
    [live, { source: '' }, 'warn good good good'],
    [live, { engine: 'down' }, 'good good bad good'],
    [live, { behind: true }, 'good good warn good'],
    [live, { voice: 'off' }, 'good good good busy'],
    [{ name: 'live', way: 'http' }, {}, 'good warn good good'],
    [{ name: 'reconnecting', way: 'webrtc' }, {}, 'good warn good good'],
  ])('%j %j', (phase, change, wanted) => {
    expect(tones(phase, having(change)).join(' ')).toBe(wanted);
  });

  it('are bad without a connection and open without a booth', () => {
    expect(tones({ name: 'idle' }, NO_BOOTH)).toEqual(['busy', 'bad', 'busy', 'busy']);
  });
});

it('says how late the picture is', () => {
  expect(delayLabel(2.44, en)).toContain('2.4');
  expect(delayLabel(2.44, de)).toContain('2,4');
  expect(delayLabel(0, en)).toBe('live');
});
