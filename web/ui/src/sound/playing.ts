/** A track of WebRTC that sounds in a WebAudio node until it is stopped. */
export class Playing {
  // Chromium hands a remote track to WebAudio only while an element plays it too.
  private readonly element = new Audio();
  private readonly source: MediaStreamAudioSourceNode;

  constructor(track: MediaStreamTrack, into: AudioNode) {
    const stream = new MediaStream([track]);
    this.element.muted = true;
    this.element.srcObject = stream;
    this.source = new MediaStreamAudioSourceNode(into.context as AudioContext, {
      mediaStream: stream,
    });
    this.source.connect(into);
    this.start();
  }

  start(): void {
    this.element.play().catch(() => {
      // Refused until a click, or stopped meanwhile: the mixer is told of that by its context.
    });
  }

  stop(): void {
    this.source.disconnect();
    this.element.srcObject = null;
  }
}
