/**
 * Hears when the voice begins, and says by how much the source's sound is to be turned down: its
 * first output is added to a gain of 1. The second is silence, which keeps it running.
 */

/** -40 dBFS. */
const LOUD = 0.01;
/** Seconds of silence after which the voice is over. */
const OVER = 0.25;
const LOWERED = 0.15;
/** Seconds from loud to low, and back. */
const DOWN = 0.05;
const UP = 0.2;

class Voice extends AudioWorkletProcessor {
  static readonly parameterDescriptors = [
    { name: 'ducking', defaultValue: 0, minValue: 0, maxValue: 1, automationRate: 'k-rate' },
  ];
  /** Samples since the last loud one. */
  private quiet = OVER * sampleRate;
  private change = 0;

  process(
    [voice = []]: Float32Array[][],
    [out = []]: Float32Array[][],
    { ducking }: Record<string, Float32Array>,
  ): boolean {
    const on = (ducking?.[0] ?? 0) > 0.5;
    const gain = out[0] ?? new Float32Array(0);
    for (let at = 0; at < gain.length; at += 1) {
      this.listen(voice, at);
      const target = on && this.quiet < OVER * sampleRate ? LOWERED - 1 : 0;
      const step = (1 - LOWERED) / sampleRate;
      this.change =
        target < this.change
          ? Math.max(target, this.change - step / DOWN)
          : Math.min(target, this.change + step / UP);
      gain[at] = this.change;
    }
    return true;
  }

  private listen(voice: Float32Array[], at: number): void {
    if (!voice.some((channel) => Math.abs(channel[at] ?? 0) > LOUD)) {
      this.quiet += 1;
      return;
    }
    if (this.quiet >= OVER * sampleRate) {
      const frame = currentFrame + at;
      this.port.postMessage({ time: frame / sampleRate, silence: this.quiet / sampleRate });
    }
    this.quiet = 0;
  }
}

registerProcessor('pressbox-voice', Voice);
