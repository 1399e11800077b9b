import voiceWorklet from './voice.worklet.ts?worker&url';

export type Channel = 'voice' | 'source';

export interface VoiceOnset {
  /** ms of performance.now() at which the first loud sample leaves the loudspeaker. */
  readonly at: number;
  /** Seconds of silence before it. */
  readonly silence: number;
}

/** Seconds of the glide to another volume. */
const GLIDE = 0.015;

/** Two channels with a volume each; the source goes down while the voice is heard. */
export class Desk {
  readonly inputs: Readonly<Record<Channel, GainNode>>;
  /** The worklet listens, or cannot be had: then all plays as before, without ducking. */
  readonly ready: Promise<void>;
  private readonly volumes: Readonly<Record<Channel, GainNode>>;
  private readonly lowered: GainNode;
  private worklet: AudioWorkletNode | undefined;
  private ducking = false;

  constructor(
    readonly context: AudioContext,
    private readonly heard: (onset: VoiceOnset) => void,
  ) {
    const gain = (): GainNode => new GainNode(context);
    this.inputs = { voice: gain(), source: gain() };
    this.volumes = { voice: gain(), source: gain() };
    this.lowered = gain();
    this.inputs.voice.connect(this.volumes.voice).connect(context.destination);
    this.inputs.source.connect(this.volumes.source).connect(this.lowered).connect(context.destination);
    this.ready = this.listen().catch(() => {
      // No worklets on an insecure page, or the script did not come.
    });
  }

  setVolume(channel: Channel, volume: number): void {
    this.volumes[channel].gain.setTargetAtTime(volume, this.context.currentTime, GLIDE);
  }

  setDucking(on: boolean): void {
    this.ducking = on;
    this.worklet?.parameters.get('ducking')?.setValueAtTime(on ? 1 : 0, 0);
  }

  private async listen(): Promise<void> {
    await this.context.audioWorklet.addModule(voiceWorklet);
    const node = new AudioWorkletNode(this.context, 'pressbox-voice', { numberOfOutputs: 2 });
    node.port.onmessage = ({ data }: MessageEvent<{ time: number; silence: number }>) => {
      this.heard({ at: leavesAt(this.context, data.time), silence: data.silence });
    };
    this.inputs.voice.connect(node);
    node.connect(this.lowered.gain, 0);
    node.connect(this.context.destination, 1);
    this.worklet = node;
    this.setDucking(this.ducking);
  }
}

/** ms of performance.now() at which what the context makes at `time` (s) is heard. */
function leavesAt(context: AudioContext, time: number): number {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
  if (contextTime > 0) return performanceTime + (time - contextTime) * 1000;
  const ahead = context.baseLatency + context.outputLatency;
  return performance.now() + (time - context.currentTime + ahead) * 1000;
}
