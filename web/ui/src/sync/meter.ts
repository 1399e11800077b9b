import type { RemoteVideoTrack } from 'livekit-client';

import { canStamp } from './frameMetadata';
import { Pairs, REACH } from './pairs';
import type { Pair } from './pairs';
import { Shown } from './shown';
import { Trim } from './trim';

export interface SyncSample {
  /** Unix seconds. */
  readonly at: number;
  /** Seconds: when its picture was seen less when the line was heard; positive when the sound is early. */
  readonly error: number;
}

export interface SyncReading {
  /** The newest ones, 120 at most. */
  readonly samples: readonly SyncSample[];
  /** Seconds; undefined without a sample. */
  readonly median: number | undefined;
  /** Of the errors without their sign, 95 % are not larger. */
  readonly worst: number | undefined;
  /** Whether this browser, and what the booth sends, allow it. */
  readonly possible: boolean;
}

const KEPT = 120;
/** Pictures without a time in a row after which none is expected. */
const BLIND = 60;
/** ms for which a line waits for its picture. */
const WAIT = 5000;

/**
 * How far apart a line and its picture are, for who sits before this page. What it finds it makes good:
 * the picture waits for the sound.
 */
export class SyncMeter {
  private readonly pairs = new Pairs();
  private readonly shown = new Shown();
  private readonly listeners = new Set<() => void>();
  private readonly trim = new Trim();
  private receiver: RTCRtpReceiver | undefined;
  private heard: Pair[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private reading: SyncReading = summary([], canStamp());

  readonly snapshot = (): SyncReading => this.reading;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Notes what the element shows of the track until the result is called. */
  watchVideo(video: HTMLVideoElement, track: RemoteVideoTrack): () => void {
    this.shown.clear();
    if (!canStamp()) return () => undefined;
    this.receiver = track.receiver;
    this.hold();
    let blind = 0;
    const see: VideoFrameRequestCallback = (_, { rtpTimestamp = -1, expectedDisplayTime }) => {
      next = video.requestVideoFrameCallback(see);
      const stamp = track.lookupFrameMetadata({ rtpTimestamp })?.userTimestamp;
      blind = stamp ? 0 : blind + 1;
      if (stamp) this.shown.add(Number(stamp) / 1e6, expectedDisplayTime);
      if (stamp || blind === BLIND) this.publish(this.reading.samples, blind === 0);
    };
    let next = video.requestVideoFrameCallback(see);
    return () => {
      video.cancelVideoFrameCallback(next);
    };
  }

  /** The start event of a spoken line came; captureTime in Unix seconds. */
  line(id: string, captureTime: number): void {
    this.pairs.line({ id, captureTime, at: performance.now() });
    this.settleSoon();
  }

  /** The voice begins to be heard at `at` (ms of performance.now()), after `silence` seconds. */
  onset(at: number, silence = Infinity): void {
    this.pairs.onset({ at, silence: silence * 1000 });
  }

  private hold(): void {
    if (this.receiver) this.receiver.jitterBufferTarget = this.trim.held || null;
  }

  private settleSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.settle(performance.now());
      if (this.pairs.waiting || this.heard.length > 0) this.settleSoon();
    }, REACH);
  }

  private settle(now: number): void {
    const samples: SyncSample[] = [];
    this.heard = [...this.heard, ...this.pairs.settled(now)].filter((pair) => {
      const seen = this.shown.when(pair.captureTime);
      if (seen === 'later') return pair.at + WAIT > now;
      const at = (Date.now() - now + pair.at) / 1000;
      if (seen !== undefined) samples.push({ at, error: (seen - pair.at) / 1000 });
      return false;
    });
    for (const { error } of samples) if (this.trim.take(error)) this.hold();
    if (samples.length > 0) this.publish([...this.reading.samples, ...samples].slice(-KEPT));
  }

  private publish(samples: readonly SyncSample[], possible = this.reading.possible): void {
    if (samples === this.reading.samples && possible === this.reading.possible) return;
    this.reading = summary(samples, possible);
    for (const listener of this.listeners) listener();
  }
}

function summary(samples: readonly SyncSample[], possible: boolean): SyncReading {
  const errors = samples.map(({ error }) => error).sort((one, other) => one - other);
  const sizes = errors.map(Math.abs).sort((one, other) => one - other);
  const median = errors[Math.floor((errors.length - 1) / 2)];
  return { samples, median, worst: sizes[Math.ceil(sizes.length * 0.95) - 1], possible };
}
