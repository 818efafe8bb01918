/** A department's own work: what waits on it, the soonest due first. */
import { useQuery } from '@tanstack/react-query'
import { Empty, Segmented, Spin } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { incidentsLike } from '../../api/queries'
import type { Line } from '../../api/types'
import { useT } from '../../i18n'
import { Problem } from '../../parts/Problem'
import { CaseLine } from '../../parts/QueueRow'
import { Began, GradeTag, stateWords } from '../../parts/Words'
import { useNow } from '../../serverClock'
import { byDue } from '../../town/todo'

export function Todo() {
  const { t } = useT()
  const now = useNow()
  const [open, setOpen] = useState(true)
  const asked = useQuery(incidentsLike({ open }))
  const items = byDue(asked.data?.items ?? [])
  const late = items.filter((one) => one.stage_due != null && Date.parse(one.stage_due) <= now).length
  return (
    <section aria-label={t('nav.todo')}>
      <div className="bar">
        <h1>{t('nav.todo')}</h1>
        <Segmented<boolean> value={open} onChange={setOpen} options={[{ value: true, label: t('todo.open') }, { value: false, label: t('queue.ended') }]} />
        {open && late > 0 && <strong className="tone-missed">{t('todo.late', { n: late })}</strong>}
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t(open ? 'todo.none' : 'queue.none')} />}
      <ul className="plain todo">
        {items.map((line) => <Row key={line.id} line={line} />)}
      </ul>
      {asked.data?.more === true && <p className="quiet">{t('queue.more')}</p>}
    </section>
  )
}

function Row({ line }: { line: Line }) {
  const { t } = useT()
  return (
    <li>
      <Link to={`/incidents/${line.id}`} className={`card grade-${line.grade}`}>
        <span className="card-title">
          {line.matter_name || t(`kind.${line.kind}`)} · {line.grid_name}
        </span>
        <span>
          <GradeTag grade={line.grade} /> <strong>{stateWords(line, t)}</strong> <span className="quiet"><Began line={line} /></span>
        </span>
        {line.stage != null && <CaseLine line={line} />}
      </Link>
    </li>
  )
}
