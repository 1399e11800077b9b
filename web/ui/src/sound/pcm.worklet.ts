import { JitterBuffer } from './jitterBuffer';

/** Seconds of sound that are kept (what is kept is late against the picture), at first and at most. */
const TARGET = 0.06;
const MOST = 1;
/** Seconds of a beginning or an end. */
const FADE = 0.003;

class Pcm extends AudioWorkletProcessor {
  private readonly buffer: JitterBuffer;
  private playing = true;

  constructor(options: AudioWorkletNodeOptions) {
    super();
    const { rate } = options.processorOptions as { rate: number };
    const fade = Math.round(FADE * sampleRate);
    this.buffer = new JitterBuffer(rate / sampleRate, TARGET * rate, MOST * rate, fade);
    this.port.onmessage = ({ data }: MessageEvent<Float32Array | undefined>) => {
      if (data) this.buffer.push(data);
      else this.playing = false;
    };
  }

  process(_: Float32Array[][], [out = []]: Float32Array[][]): boolean {
    if (out[0]) this.buffer.pull(out[0]);
    return this.playing;
  }
}

registerProcessor('pressbox-pcm', Pcm);
