const PATHS = {
  camera: 'M3 7h11v10H3zM14 11l7-4v10l-7-4',
  cameraOff: 'M3 7h8M14 10v-3h-1M14 13v4H3V7M14 11l7-4v10l-5-3M2 2l20 20',
  captions: 'M3 5h18v14H3zM10 10.2a2.4 2.4 0 1 0 0 3.6M17 10.2a2.4 2.4 0 1 0 0 3.6',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  down: 'M12 5v14M6 13l6 6 6-6',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4M10.5 11.5l4 2.5-4 2.5z',
  filter: 'M3 5h18l-7 8v6l-4-2v-4z',
  flip: 'M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5',
  fullScreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  leave: 'M14 4h6v16h-6M10 8l-4 4 4 4M6 12h10',
  leaveFullScreen: 'M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5',
  microphone: 'M9 4h6v9H9zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6',
  people: 'M8 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 8 11zM2.5 19a5.5 5.5 0 0 1 11 0M16 11a2.7 2.7 0 1 0 0-5.4M16.5 13.6A5 5 0 0 1 21.5 19',
  pictureInPicture: 'M3 5h18v14H3zM12 12h7v5h-7z',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  screen: 'M3 4h18v12H3zM12 16v4M8 20h8',
  send: 'M4 12h15M13 6l6 6-6 6',
  share: 'M18 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM18 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.2 10.8l7.6-4M8.2 13.2l7.6 4',
  sound: 'M4 9h4l5-4v14l-5-4H4zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12',
  soundOff: 'M4 9h4l5-4v14l-5-4H4zM17 9l5 6M22 9l-5 6',
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside a word: it says nothing that the word does not. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
