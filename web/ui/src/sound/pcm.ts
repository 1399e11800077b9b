import type { Mixer } from './mixer';
import pcmWorklet from './pcm.worklet.ts?worker&url';

/** ms without sound after which the stream counts as broken. */
const STALLED = 10_000;

/**
 * Plays the endless PCM stream at `url` as the voice, 0.06 s and more after it came. Ends with the
 * stream or when `signal` says so; throws an Error of one line where it cannot be played.
 */
export async function playPcm(mixer: Mixer, url: string, signal: AbortSignal): Promise<void> {
  const input = mixer.input('voice');
  const stalled = new AbortController();
  const stop = (): void => {
    stalled.abort();
  };
  let timer = setTimeout(stop, STALLED);
  signal.addEventListener('abort', stop);
  let node: AudioWorkletNode | undefined;
  try {
    signal.throwIfAborted();
    const { reader, rate, channels } = await opened(url, stalled.signal);
    node = await player(input.context, rate);
    node.connect(input);
    const decoder = new Decoder(channels);
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      node.port.postMessage(decoder.samples(piece.value));
      clearTimeout(timer);
      timer = setTimeout(stop, STALLED);
    }
  } catch (error) {
    if (signal.aborted) return;
    const text = stalled.signal.aborted ? 'nothing comes any more' : String(error instanceof Error ? error.message : error);
    throw new Error(`The sound cannot be played: ${text}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    stalled.abort();
    node?.port.postMessage(undefined);
    node?.disconnect();
  }
}

interface Stream {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly rate: number;
  readonly channels: number;
}

async function opened(url: string, signal: AbortSignal): Promise<Stream> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  const format = answer.headers.get('X-Audio-Format') ?? '';
  const rate = Number(answer.headers.get('X-Audio-Sample-Rate'));
  const channels = Number(answer.headers.get('X-Audio-Channels'));
  if (format !== 's16le' || !(rate >= 8000) || !(channels >= 1) || !answer.body) {
    throw new Error('the server sends another format');
  }
  return { reader: answer.body.getReader(), rate, channels };
}

async function player(context: BaseAudioContext, rate: number): Promise<AudioWorkletNode> {
  // There are none on a page that is not secure.
  if (!('audioWorklet' in context)) throw new Error('it needs https, or this machine');
  await context.audioWorklet.addModule(pcmWorklet);
  return new AudioWorkletNode(context, 'pressbox-pcm', {
    numberOfInputs: 0,
    outputChannelCount: [1],
    processorOptions: { rate },
  });
}

/** Makes one channel of what comes in pieces of any length. */
export class Decoder {
  private rest = new Uint8Array(0);

  constructor(private readonly channels: number) {}

  samples(bytes: Uint8Array): Float32Array {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const width = 2 * this.channels;
    const count = Math.floor(all.length / width);
    this.rest = all.slice(count * width);
    const view = new DataView(all.buffer);
    return Float32Array.from({ length: count }, (_, at) => {
      let sum = 0;
      for (let one = 0; one < this.channels; one += 1) {
        sum += view.getInt16(at * width + 2 * one, true);
      }
      return sum / (32768 * this.channels);
    });
  }
}
