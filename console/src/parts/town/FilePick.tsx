/** Choosing one file: a button, the name of what was chosen. */
import { Button } from 'antd'
import { useRef } from 'react'

import { useT } from '../../i18n'

interface Props {
  label: string
  accept: string
  file: File | undefined
  onFile: (file: File | undefined) => void
}

export function FilePick({ label, accept, file, onFile }: Props) {
  const { t } = useT()
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className="file-pick">
      <div>{label}</div>
      <Button onClick={() => input.current?.click()}>{t('import.file')}</Button>{' '}
      {file === undefined ? (
        <span className="quiet">{t('import.file.none')}</span>
      ) : (
        <>
          <strong>{file.name}</strong> <button type="button" className="number" aria-label={t('do.remove')} onClick={() => onFile(undefined)}>✕</button>
        </>
      )}
      <input
        ref={input}
        className="hidden"
        type="file"
        accept={accept}
        aria-label={label}
        onChange={(event) => {
          onFile(event.target.files?.[0])
          event.target.value = ''
        }}
      />
    </div>
  )
}
