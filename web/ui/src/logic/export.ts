import type { Texts } from '../texts/texts';
import { isSpoken } from './entries';
import type { Entry } from './entries';
import { clockTime } from './time';
import { heading, outcome } from './view';

export type Format = 'txt' | 'json' | 'vtt';

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  txt: 'text/plain',
  json: 'application/json',
  vtt: 'text/vtt',
};

/** Seconds that a caption stays where nothing follows it. */
const LONGEST = 8;

/** The list as a file. */
export function exported(entries: readonly Entry[], format: Format, texts: Texts): string {
  switch (format) {
    case 'txt':
      return entries.map((entry) => line(entry, texts)).join('');
    case 'json':
      return JSON.stringify(entries.map(plain), null, 2);
    case 'vtt':
      return webVtt(entries);
  }
}

function line(entry: Entry, texts: Texts): string {
  const [head, after] = [heading(entry, texts), outcome(entry, texts)];
  const text = entry.text.trim().replace(/\s*\n\s*/g, ' ');
  const said = `${head && `${head}: `}${text}${after && ` (${after})`}`;
  return `${clockTime(entry.at)}  ${said}\n`;
}

function plain(entry: Entry): Record<string, unknown> {
  const { kind, text, at, ...rest } = entry;
  return { time: new Date(at * 1000).toISOString(), kind, text: text.trim(), ...rest };
}

/** Captions by the time since the first of them; what was written only is none. */
function webVtt(entries: readonly Entry[]): string {
  const lines = entries.filter(isSpoken);
  const first = lines[0]?.at ?? 0;
  const cues = lines.map((one, index) => {
    const start = one.at - first;
    const next = (lines[index + 1]?.at ?? Infinity) - first;
    const end = Math.max(start + 0.5, Math.min(next, start + LONGEST));
    // Blank lines end a cue, and "-->" is its arrow.
    const text = escaped(one.text.trim()).replace(/\s*\n\s*/g, '\n');
    return `${stamp(start)} --> ${stamp(end)}\n${text}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function stamp(seconds: number): string {
  const date = new Date(Math.round(seconds * 1000));
  const hours = Math.floor(date.getTime() / 3_600_000);
  return `${String(hours).padStart(2, '0')}:${date.toISOString().slice(14, 23)}`;
}
