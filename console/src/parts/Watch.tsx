/** The watcher's findings and the signs of life of every worker. */
import { useQuery } from '@tanstack/react-query'
import { Table } from 'antd'

import { watch } from '../api/response'
import type { Watch } from '../api/types'
import { say, useT } from '../i18n'
import { useNow } from '../serverClock'
import { second } from '../time'
import { Panel } from './Panel'
import { Problem } from './Problem'
import { ago } from './Words'
import { stacked } from './stacked'

type Beat = Watch['beats'][number]

/** A worker beats every few seconds; from here on it is shown as silent. */
const SILENT_S = 30
const SKEW_S = 1

export function WatchPanel() {
  const { t } = useT()
  const now = useNow()
  const asked = useQuery(watch)
  return (
    <Panel title={t('watch.title')}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.data?.findings.length === 0 && <p className="tone-arrived">{t('watch.quiet')}</p>}
      <ul className="plain">
        {asked.data?.findings.map((one) => (
          <li key={`${one.code} ${one.subject} ${one.since}`}>
            <time className="mono">{second(one.since, now)}</time>{' '}
            <span className={one.until == null ? 'tone-missed' : 'quiet'}>{one.sentence}</span>{' '}
            {one.until != null && <span className="quiet">{t('watch.until', { time: second(one.until, now) })}</span>}
          </li>
        ))}
      </ul>
      <Table<Beat>
        size="small"
        rowKey="name"
        loading={asked.isPending}
        dataSource={asked.data?.beats ?? []}
        pagination={false}
        scroll={{ x: 'max-content' }}
      className="stack"
        locale={{ emptyText: t('watch.beats.none') }}
        columns={stacked([
          { title: t('watch.role'), render: (_, one) => <strong>{say(t, 'watchrole', one.role)}</strong> },
          { title: t('watch.host'), render: (_, one) => one.host },
          {
            title: t('watch.beat'),
            render: (_, one) => (
              <span className={one.age_s > SILENT_S ? 'tone-missed' : ''}>{ago(one.age_s * 1000, t)}</span>
            ),
          },
          {
            title: t('watch.skew'),
            align: 'right',
            render: (_, one) => (
              <span className={Math.abs(one.skew_s) >= SKEW_S ? 'tone-missed' : 'mono'}>{t('watch.seconds', { n: (Math.round(one.skew_s * 100) / 100 || 0).toFixed(2) })}</span>
            ),
          },
        ])}
      />
    </Panel>
  )
}
