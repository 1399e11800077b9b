import { useState } from 'react';

import { TextField } from '../parts/TextField';

interface Props {
  readonly label: string;
  readonly hint: string;
  /** As it holds. */
  readonly kept: string;
  readonly keep: (text: string) => void;
  readonly lines?: number;
  readonly maxLength?: number;
}

/** A text that holds once its writer is done with it. */
export function Written({ label, hint, kept, keep, lines = 1, maxLength = 200 }: Props) {
  const [draft, setDraft] = useState<string>();
  return (
    <TextField
      label={label}
      hint={hint}
      value={draft ?? kept}
      set={setDraft}
      done={() => {
        if (draft !== undefined && draft.trim() !== kept) keep(draft.trim());
        setDraft(undefined);
      }}
      lines={lines}
      maxLength={maxLength}
    />
  );
}
