// The modules as Vite builds them, without the page around them.
import { Mixer } from './src/sound/mixer';
import { playPcm } from './src/sound/pcm';

Object.assign(window, { Mixer, playPcm });
