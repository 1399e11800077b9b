import 'react';

declare module 'react' {
  interface CSSProperties {
    /** Width by height of the picture. */
    '--ratio'?: number;
  }
}
