import { Desk } from './desk';
import type { Channel, VoiceOnset } from './desk';
import { Playing } from './playing';

export type { Channel, VoiceOnset } from './desk';

/** ms that a browser has to begin before it counts as one that wants a click. */
const PATIENCE = 500;

/** Plays the booth's sounds through gain nodes (an iPhone ignores element.volume). One for the page's life. */
export class Mixer {
  private desk: Desk | undefined;
  private readonly playing = new Map<Channel, Playing>();
  private readonly volumes: Record<Channel, number> = { voice: 1, source: 1 };
  private readonly listeners = new Set<() => void>();
  private readonly hearers = new Set<(heard: VoiceOnset) => void>();
  private readonly closed = new AbortController();
  private ducking = false;
  private held = false;

  constructor(
    private readonly makeContext = () => new AudioContext({ latencyHint: 'interactive' }),
  ) {}

  /** What WebRTC brings; undefined: nothing. */
  play(channel: Channel, track: MediaStreamTrack | undefined): void {
    this.playing.get(channel)?.stop();
    this.playing.delete(channel);
    if (track && !this.closed.signal.aborted) {
      this.playing.set(channel, new Playing(track, this.input(channel)));
    }
  }

  /** For other players. */
  input(channel: Channel): AudioNode {
    return this.opened().inputs[channel];
  }

  /** 0 to 1; 0 is silence. */
  setVolume(channel: Channel, volume: number): void {
    this.volumes[channel] = volume;
    this.desk?.setVolume(channel, volume);
    this.setDucking(this.ducking);
  }

  /** The source falls to 15 % while the voice is heard. */
  setDucking(on: boolean): void {
    this.ducking = on;
    this.desk?.setDucking(on && this.volumes.voice > 0);
  }

  /** Ducking and onsets work, or never will here. */
  get ready(): Promise<void> {
    return this.opened().ready;
  }

  /** The browser wants a click before it plays. */
  get blocked(): boolean {
    return this.held;
  }

  /** For that click. */
  async resume(): Promise<void> {
    if (this.closed.signal.aborted) return;
    const { context } = this.opened();
    for (const one of this.playing.values()) one.start();
    const refused = (): void => {
      // `blocked` says so.
    };
    // Without a click the answer never comes.
    const waited = new Promise<void>((done) => setTimeout(done, PATIENCE));
    await Promise.race([context.resume().catch(refused), waited]);
  }

  /** When `blocked` changes. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The voice begins after 0.25 s of silence. */
  onVoice(listener: (heard: VoiceOnset) => void): () => void {
    this.hearers.add(listener);
    return () => this.hearers.delete(listener);
  }

  async close(): Promise<void> {
    this.closed.abort();
    this.play('voice', undefined);
    this.play('source', undefined);
    const context = this.desk?.context;
    if (context && context.state !== 'closed') await context.close();
  }

  private opened(): Desk {
    if (this.desk) return this.desk;
    const context = this.makeContext();
    const desk = new Desk(context, (onset) => {
      for (const hearer of this.hearers) hearer(onset);
    });
    this.desk = desk;
    for (const channel of ['voice', 'source'] as const) {
      desk.setVolume(channel, this.volumes[channel]);
    }
    this.setDucking(this.ducking);
    const { signal } = this.closed;
    context.addEventListener('statechange', () => { this.look(); }, { signal });
    // A telephone call or a locked screen interrupts an iPhone's sound.
    document.addEventListener('visibilitychange', () => void this.resume(), { signal });
    void this.resume();
    this.look();
    return desk;
  }

  /** Takes note of the context's state, at once where it is good. */
  private look(): void {
    if (this.runs()) this.hold(false);
    else setTimeout(() => { this.hold(!this.runs()); }, PATIENCE);
  }

  private runs(): boolean {
    return this.closed.signal.aborted || this.desk?.context.state === 'running';
  }

  private hold(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    for (const listener of this.listeners) listener();
  }
}
