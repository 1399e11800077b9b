import type { Texts } from '../texts/texts';
import type { Phase } from './phase';
import type { Booth, BoothStatus } from './status';

export type Tone = 'good' | 'busy' | 'warn' | 'bad';

export interface Report {
  readonly tone: Tone;
  readonly text: string;
}

/** One sentence on what the booth does, the most important thing first. */
export function report(booth: Booth, texts: Texts): Report {
  const said = texts.report;
  const { present, seen, status, waiting } = booth;
  if (!present && waiting !== '') return { tone: 'warn', text: said.waiting(sentence(waiting)) };
  if (!present) return { tone: 'warn', text: seen ? said.gone : said.none };
  if (status === undefined) return { tone: 'busy', text: said.seating };
  if (status.source === '') return { tone: 'warn', text: said.noSource(status.error) };
  if (status.lost && status.error !== '') return { tone: 'warn', text: sentence(status.error) };
  if (status.engine === 'down') return { tone: 'bad', text: said.engineDown(status.error) };
  if (status.error !== '') return { tone: 'warn', text: sentence(status.error) };
  if (status.engine === 'starting') return { tone: 'busy', text: said.engineStarting };
  if (status.paused !== '') return { tone: 'warn', text: said.rests(status.paused) };
  if (status.behind) return { tone: 'warn', text: said.behind };
  const idle = status.mode === 'idle' ? said.idle : '';
  return { tone: 'good', text: `${said.watching(nameOf(booth, texts))}${idle}` };
}

/** What is watched, as people call it: never a raw identity of a viewer. */
function nameOf(booth: Booth, texts: Texts): string {
  if (booth.mine) return texts.report.yours;
  const identity = booth.status?.source ?? '';
  if (booth.sourceName !== '') return booth.sourceName;
  return isViewer(identity) ? texts.report.somebody : identity;
}

/** Whether an identity is one that the page's server made for a person. */
export function isViewer(identity: string): boolean {
  return /^(viewer|guest)-/.test(identity);
}

export interface Dot {
  readonly name: 'camera' | 'livekit' | 'engine' | 'voice';
  readonly tone: Tone;
  /** How it is, in a word or two. */
  readonly text: string;
}

/** The four things that must be well for a commentary to be heard. */
export function dots(phase: Phase, booth: Booth, texts: Texts): readonly Dot[] {
  const { status } = booth;
  return [
    { name: 'camera', ...camera(status, texts) },
    { name: 'livekit', ...connection(phase, texts) },
    { name: 'engine', ...engine(status, texts) },
    { name: 'voice', ...voice(status, texts) },
  ];
}

type Told = Omit<Dot, 'name'>;

function camera(status: BoothStatus | undefined, { dots: said }: Texts): Told {
  if (status === undefined) return { tone: 'busy', text: said.none };
  if (status.source === '') return { tone: 'warn', text: said.noSource };
  return status.lost ? { tone: 'warn', text: said.lost } : { tone: 'good', text: said.good };
}

function connection(phase: Phase, { dots: said }: Texts): Told {
  if (phase.name === 'live') {
    return phase.way === 'http' ? { tone: 'warn', text: said.http } : { tone: 'good', text: said.good };
  }
  return phase.name === 'reconnecting'
    ? { tone: 'warn', text: said.reconnecting }
    : { tone: 'bad', text: said.offline };
}

function engine(status: BoothStatus | undefined, { dots: said }: Texts): Told {
  if (status === undefined) return { tone: 'busy', text: said.none };
  if (status.engine === 'down') return { tone: 'bad', text: said.down };
  if (status.engine === 'starting') return { tone: 'busy', text: said.starting };
  return status.behind ? { tone: 'warn', text: said.behind } : { tone: 'good', text: said.good };
}

function voice(status: BoothStatus | undefined, { dots: said }: Texts): Told {
  if (status === undefined) return { tone: 'busy', text: said.none };
  if (status.voice === 'off') return { tone: 'busy', text: said.off };
  return status.mode === 'idle' ? { tone: 'good', text: said.idle } : { tone: 'good', text: said.good };
}

function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** How late the picture is, for people. */
export function delayLabel(seconds: number, texts: Texts): string {
  return seconds < 0.05 ? texts.picture.live : texts.picture.behind(seconds.toFixed(1));
}
