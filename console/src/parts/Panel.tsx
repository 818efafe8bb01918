/** A titled block of a page. */
import type { ReactNode } from 'react'

export function Panel({ title, extra, children }: { title: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <h2>
        {title}
        {extra !== undefined && <span className="panel-extra">{extra}</span>}
      </h2>
      {children}
    </section>
  )
}
