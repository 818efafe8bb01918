/** What a leader looks at first: what has overstepped its limit, and what nobody above was told of. */
import { useQuery } from '@tanstack/react-query'
import { Empty, Segmented, Spin } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { type OpenItems, openItems } from '../../api/figures'
import { useT } from '../../i18n'
import { Problem } from '../../parts/Problem'
import { GradeTag, stateWords } from '../../parts/Words'
import { useNow } from '../../serverClock'
import { minute } from '../../time'
import { leftWords } from '../../town/left'

type Which = 'overdue' | 'report_missing' | 'all'

export function Overdue() {
  const { t } = useT()
  const [which, setWhich] = useState<Which>('overdue')
  const asked = useQuery(openItems(which === 'all' ? {} : { [which]: true }))
  const found = asked.data
  return (
    <section aria-label={t('nav.overdue')}>
      <div className="bar">
        <h1>{t('nav.overdue')}</h1>
        <Segmented<Which>
          value={which}
          onChange={setWhich}
          options={[
            { value: 'overdue', label: t('overdue.late', { n: found?.overdue ?? 0 }) },
            { value: 'report_missing', label: t('overdue.unreported', { n: found?.report_missing ?? 0 }) },
            { value: 'all', label: t('overdue.all', { n: found?.open ?? 0 }) },
          ]}
        />
        <Link to="/figures">{t('overdue.figures')}</Link>
      </div>
      <p className="quiet">{t('overdue.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found !== undefined && found.items.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('overdue.none')} />}
      <ul className="plain todo">
        {found?.items.map((one) => <Row key={one.incident} one={one} />)}
      </ul>
      {found?.next != null && <p className="quiet">{t('list.cut')}</p>}
    </section>
  )
}

function Row({ one }: { one: OpenItems['items'][number] }) {
  const { t } = useT()
  const now = useNow()
  return (
    <li>
      <Link to={`/incidents/${one.incident}`} className={`card grade-${one.grade}`}>
        <span className="card-title">
          {one.matter_name || t(`kind.${one.kind}`)} · {one.grid_name || one.grid}
        </span>
        <span>
          <GradeTag grade={one.grade} proposed={one.confirmed == null && one.stage == null} /> <strong>{stateWords(one, t)}</strong>{' '}
          <span className="quiet">{t('overdue.since', { time: minute(one.opened, now) })}</span>
        </span>
        <span className="facts">
          {one.lead != null && <span className="quiet">{one.lead_name || one.lead}</span>}
          {one.stage_due != null && <strong className={one.overdue ? 'tone-missed' : ''}>{leftWords(one.stage_due, null, now, t)}</strong>}
          {one.report_missing && <strong className="tone-missed">{t('overdue.unreported.one')}</strong>}
        </span>
      </Link>
    </li>
  )
}
