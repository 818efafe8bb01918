/** Work on many rows: how far it is, and every fault with its row, its column and what to write instead. */
import { useQuery } from '@tanstack/react-query'
import { Button, Progress, Table } from 'antd'
import { useEffect } from 'react'

import { job, type Job, type JobFault, townActs } from '../../api/town'
import { useT } from '../../i18n'
import { faultWords } from '../../town/faults'
import { Note } from '../Plain'
import { Problem } from '../Problem'
import { stacked } from '../stacked'
import { useAct } from '../useCommand'

interface Props {
  id: string
  onEnded?: (job: Job) => void
}

export function JobView({ id, onEnded }: Props) {
  const { t } = useT()
  const asked = useQuery(job(id))
  const { act } = useAct(['jobs'])
  const found = asked.data
  const ended = found !== undefined && found.ended != null
  useEffect(() => {
    if (ended) onEnded?.(found)
    // Told once, when it ends.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ended])
  if (found === undefined) return <Problem error={asked.error} onRetry={() => void asked.refetch()} />
  const share = found.total === 0 ? 0 : Math.floor((100 * found.done) / found.total)
  return (
    <section aria-label={t('job.title')}>
      <div className="bar">
        <strong>{t(`jobkind.${found.kind}`)}</strong>
        <span role="status">{t(`jobstate.${found.state}`)}</span>
        {!ended && <Button size="small" onClick={() => act(() => townActs.cancelJob(id))}>{t('job.cancel')}</Button>}
      </div>
      {!ended && <Progress percent={share} status="active" />}
      {!ended && found.total > 0 && <p className="quiet">{t('job.progress', { done: found.done, total: found.total })}</p>}
      {found.state === 'failed' && <Note tone="bad" title={faultWords(found.reason_code, found.reason, t)} />}
      {found.state === 'done' && found.faulty === 0 && <Note tone="good" title={t('job.clean')} />}
      {found.faulty > 0 && <Faults faults={found.faults} all={found.faulty} />}
    </section>
  )
}

export function Faults({ faults, all }: { faults: readonly JobFault[]; all: number }) {
  const { t } = useT()
  return (
    <>
      <Note tone="bad" title={t('faults.found', { n: all })}>
        {t('faults.nothing')}
      </Note>
      <Table<JobFault & { key: number }>
        size="small"
        dataSource={faults.map((one, key) => ({ ...one, key }))}
        className="stack faults-table"
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        columns={stacked([
          { title: t('faults.row'), width: 90, render: (_, one) => <span className="mono">{one.row ?? t('faults.whole')}</span> },
          { title: t('faults.column'), width: 140, render: (_, one) => one.column || '—' },
          { title: t('faults.what'), render: (_, one) => <FaultWords one={one} /> },
        ])}
      />
      {all > faults.length && <p className="quiet">{t('faults.more', { n: all - faults.length })}</p>}
    </>
  )
}

/** Our own sentence by its code; what exactly stands there, as the server says it, beneath. */
function FaultWords({ one }: { one: JobFault }) {
  const { t, language } = useT()
  const said = faultWords(one.code, one.message, t)
  return (
    <>
      {said}
      {language === 'zh' && said !== one.message && <span className="quiet fault-detail" lang="en">{one.message}</span>}
    </>
  )
}
