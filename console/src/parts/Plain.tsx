/** Notes, buttons and questions without a component library: pages for phones stay small. */
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useRef } from 'react'

interface NoteProps {
  tone: 'bad' | 'warn' | 'good' | 'info'
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
}

export function Note({ tone, title, children, action }: NoteProps) {
  return (
    <div className={`note ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <div className="note-words">
        <strong>{title}</strong>
        {children !== undefined && <div>{children}</div>}
      </div>
      {action}
    </div>
  )
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'primary' | 'danger' | 'danger-solid' | 'text'
  huge?: boolean
}

export function Btn({ look, huge = false, className = '', ...rest }: ButtonProps) {
  return <button type="button" {...rest} className={`btn ${look ?? ''} ${huge ? 'huge' : ''} ${className}`} />
}

/** A question over the page; Escape and the cross close it, and the focus goes back by itself. */
export function Sheet({ title, closeWord, onClose, children }: { title: string; closeWord: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <div className="sheet-head">
        <strong>{title}</strong>
        <button type="button" className="btn text" aria-label={closeWord} onClick={onClose}>
          ✕
        </button>
      </div>
      {children}
    </dialog>
  )
}

export function Spinner({ words }: { words: string }) {
  return (
    <p className="quiet spinner" role="status">
      {words}
    </p>
  )
}
