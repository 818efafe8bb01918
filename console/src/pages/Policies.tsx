/** Policies: the versions there are, what each says, what another text would change, and 平时/战时. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Input, InputNumber, Modal, Spin, Table } from 'antd'
import { useState } from 'react'

import { policies, policy, responseActs } from '../api/response'
import type { PolicyLine } from '../api/types'
import { useT } from '../i18n'
import { Panel } from '../parts/Panel'
import { Problem } from '../parts/Problem'
import { ReadinessPanel } from '../parts/Readiness'
import { Comparison } from '../parts/Comparison'
import { useGridName } from '../parts/Words'
import { useNow } from '../serverClock'
import { minute } from '../time'
import { stacked } from '../parts/stacked'

export function Policies() {
  const { t } = useT()
  return (
    <section aria-label={t('policies.title')}>
      <h1>{t('policies.title')}</h1>
      <ReadinessPanel />
      <Versions />
      <Simulate />
    </section>
  )
}

function Versions() {
  const { t } = useT()
  const now = useNow()
  const gridName = useGridName()
  const asked = useQuery(policies)
  const [shown, setShown] = useState<string | null>(null)
  return (
    <Panel title={t('policies.versions')}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<PolicyLine>
        size="middle"
        rowKey="id"
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
      className="stack"
        locale={{ emptyText: t('policies.none') }}
        columns={stacked([
          {
            title: t('policies.name'),
            render: (_, one) => <strong>{one.id}</strong>,
          },
          { title: t('policies.saved'), render: (_, one) => <time className="mono">{minute(one.saved, now)}</time> },
          {
            title: t('policies.currentFor'),
            render: (_, one) =>
              one.current_for.length === 0 ? (
                <span className="quiet">{t('policies.notCurrent')}</span>
              ) : (
                one.current_for.map((grid) => (grid === 'default' ? t('policies.everywhere') : gridName(grid))).join(t('list.comma'))
              ),
          },
          { title: t('policies.open'), align: 'right', render: (_, one) => one.open_incidents },
          { title: '', render: (_, one) => <Button size="small" onClick={() => setShown(one.id)}>{t('policies.text')}</Button> },
        ])}
      />
      {shown !== null && <TextDialog id={shown} onDone={() => setShown(null)} />}
    </Panel>
  )
}

function TextDialog({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useT()
  const asked = useQuery(policy(id))
  return (
    <Modal open width={860} title={t('policies.text')} footer={null} onCancel={onDone}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && (
        <pre className="policy-text" tabIndex={0}>
          {asked.data.text}
        </pre>
      )}
    </Modal>
  )
}

function Simulate() {
  const { t } = useT()
  const [text, setText] = useState('')
  const [days, setDays] = useState(7)
  const run = useMutation({ mutationFn: () => responseActs.simulate(text, days) })
  return (
    <Panel title={t('simulate.title')}>
      <p className="quiet">{t('simulate.hint')}</p>
      <label htmlFor="policy-yaml">{t('simulate.text')}</label>
      <Input.TextArea
        id="policy-yaml"
        className="mono"
        rows={8}
        maxLength={65_536}
        spellCheck={false}
        placeholder={t('simulate.example')}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="bar filters">
        <label htmlFor="policy-days">{t('simulate.days')}</label>
        <InputNumber id="policy-days" min={1} max={31} value={days} onChange={(value) => setDays(value ?? 7)} />
        <Button type="primary" disabled={text.trim() === ''} loading={run.isPending} onClick={() => run.mutate()}>
          {t('simulate.do')}
        </Button>
      </div>
      <Problem error={run.error} />
      {run.data !== undefined && <Comparison found={run.data} />}
    </Panel>
  )
}
