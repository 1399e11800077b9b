import { useEffect, useId, useRef, useState } from 'react';
import type { ReactNode } from 'react';

import { Icon } from './Icon';
import type { IconName } from './Icon';

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly children: ReactNode;
}

/** A button that opens a small panel beside it; Escape, and whatever else is touched, closes it. */
export function Menu({ icon, label, children }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const panel = useId();

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);

  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- only hears keys from inside
    <div
      ref={box}
      className="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        setOpen(false);
        box.current?.querySelector('button')?.focus();
      }}
    >
      <button
        type="button"
        className="tool"
        aria-expanded={open}
        aria-controls={panel}
        onClick={() => {
          setOpen(!open);
        }}
      >
        <Icon name={icon} />
        <span>{label}</span>
      </button>
      <div id={panel} className="menu-panel" role="group" aria-label={label} hidden={!open}>
        {children}
      </div>
    </div>
  );
}
