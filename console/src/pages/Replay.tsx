/** Another configuration of the detectors tried on the past, before it goes live. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, DatePicker, Input, Progress, Table } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useRef, useState } from 'react'

import { qualityActs, replay, replays } from '../api/quality'
import type { DetectorFault, Replay as Run } from '../api/types'
import { type Translate, useT } from '../i18n'
import { Panel } from '../parts/Panel'
import { Problem } from '../parts/Problem'
import { QualityTabs } from '../parts/QualityTabs'
import { ReplayResult } from '../parts/ReplayResult'
import { stacked } from '../parts/stacked'
import { useAct } from '../parts/useCommand'
import { serverNow, useNow } from '../serverClock'
import { minute } from '../time'

const TEXT_MAX = 60_000
const DAYS_MAX = 8

export function Replay() {
  const { t } = useT()
  const [shown, setShown] = useState<string | null>(null)
  return (
    <section aria-label={t('replay.title')}>
      <div className="bar">
        <h1>{t('replay.title')}</h1>
        <QualityTabs />
      </div>
      <Ask onStarted={setShown} />
      <Runs shown={shown} onShow={setShown} />
      {shown !== null && <Shown id={shown} />}
    </section>
  )
}

function Ask({ onStarted }: { onStarted: (run: string) => void }) {
  const { t } = useT()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [span, setSpan] = useState<[Dayjs, Dayjs]>(() => {
    const end = dayjs(serverNow()).startOf('minute')
    return [end.subtract(1, 'day'), end]
  })
  const picker = useRef<HTMLInputElement>(null)
  const check = useMutation({ mutationFn: () => qualityActs.check(text) })
  const start = useMutation({
    mutationFn: async () => {
      const found = await check.mutateAsync()
      if (found.faults.length > 0) return null
      return qualityActs.start(text, span[0].toISOString(), span[1].toISOString())
    },
    onSuccess: async (run) => {
      if (run === null) return
      await client.invalidateQueries({ queryKey: ['replays'] })
      onStarted(run.id)
    },
  })
  const change = (next: string) => {
    setText(next.slice(0, TEXT_MAX))
    check.reset()
    start.reset()
  }
  const tooLong = span[1].diff(span[0], 'day', true) > DAYS_MAX
  return (
    <Panel title={t('replay.text')}>
      <p className="quiet">{t('replay.hint')}</p>
      <Input.TextArea
        aria-label={t('replay.text')}
        className="yaml"
        rows={10}
        maxLength={TEXT_MAX}
        spellCheck={false}
        placeholder={t('replay.example')}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
      <div className="bar filters">
        <Button onClick={() => picker.current?.click()}>{t('replay.file')}</Button>
        <input
          ref={picker}
          type="file"
          accept=".yaml,.yml,text/yaml"
          hidden
          aria-label={t('replay.file')}
          onChange={(event) => {
            const file = event.target.files?.[0]
            event.target.value = ''
            if (file !== undefined) void file.text().then(change)
          }}
        />
        <label htmlFor="replay-span">{t('replay.span')}</label>
        <DatePicker.RangePicker
          id={{ start: 'replay-span', end: 'replay-span-end' }}
          showTime={{ format: 'HH:mm' }}
          format="MM-DD HH:mm"
          allowClear={false}
          status={tooLong ? 'error' : ''}
          value={span}
          onChange={(value) => value?.[0] && value[1] && setSpan([value[0], value[1]])}
        />
        <Button disabled={text.trim() === ''} loading={check.isPending} onClick={() => check.mutate()}>{t('replay.check')}</Button>
        <Button type="primary" disabled={text.trim() === '' || tooLong} loading={start.isPending} onClick={() => start.mutate()}>
          {t('replay.start')}
        </Button>
      </div>
      <Problem error={check.error ?? start.error} />
      {check.data !== undefined && <Findings found={check.data} />}
    </Panel>
  )
}

function Findings({ found }: { found: { faults: DetectorFault[]; warnings: DetectorFault[] } }) {
  const { t } = useT()
  if (found.faults.length === 0 && found.warnings.length === 0) return <p className="tone-arrived" role="status">{t('replay.sound')}</p>
  return (
    <div role="status">
      {found.faults.length > 0 && <Lines title={t('replay.faults', { n: found.faults.length })} lines={found.faults} tone="tone-missed" />}
      {found.warnings.length > 0 && <Lines title={t('replay.warnings', { n: found.warnings.length })} lines={found.warnings} tone="tone-late" />}
    </div>
  )
}

function Lines({ title, lines, tone }: { title: string; lines: DetectorFault[]; tone: string }) {
  const { t } = useT()
  return (
    <>
      <p className={tone}>{title}</p>
      <ul className="plain faults">
        {lines.map((one) => (
          <li key={`${one.line} ${one.place} ${one.sentence}`}>
            <strong className="mono">{one.line == null ? t('replay.whole') : t('replay.line', { line: one.line })}</strong>{' '}
            {one.place !== '' && <code>{one.place}</code>} {one.sentence}
          </li>
        ))}
      </ul>
    </>
  )
}

function Runs({ shown, onShow }: { shown: string | null; onShow: (run: string) => void }) {
  const { t } = useT()
  const now = useNow()
  const asked = useQuery(replays)
  return (
    <Panel title={t('replay.runs')}>
      <p className="quiet">{t('replay.runs.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<Run>
        size="small"
        rowKey="id"
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={false}
        scroll={{ x: 'max-content' }}
        className="stack"
        rowClassName={(one) => (one.id === shown ? 'ant-table-row-selected' : '')}
        locale={{ emptyText: t('replay.runs.none') }}
        columns={stacked([
          { title: t('replay.asked'), render: (_, one) => <time className="mono">{minute(one.asked, now)}</time> },
          {
            title: t('replay.period'),
            render: (_, one) => (
              <span className="mono">
                {minute(one.since, now)} – {minute(one.until, now)}
              </span>
            ),
          },
          { title: t('replay.state'), render: (_, one) => <State run={one} /> },
          {
            title: '',
            render: (_, one) => (one.state === 'running' ? <Cancel id={one.id} /> : one.state === 'done' ? <Button size="small" onClick={() => onShow(one.id)}>{t('replay.show')}</Button> : null),
          },
        ])}
      />
    </Panel>
  )
}

function State({ run }: { run: Run }) {
  const { t } = useT()
  if (run.state !== 'running') {
    return (
      <span className={run.state === 'failed' ? 'tone-missed wrap' : ''}>
        {t(`replaystate.${run.state}`)}
        {run.reason !== '' && `：${run.reason}`}
      </span>
    )
  }
  return (
    <span className="replay-progress">
      {doing(run, t)} <Progress percent={Math.round(run.part * 100)} size="small" showInfo={false} aria-label={t('replaystate.running')} />
    </span>
  )
}

function doing(run: Run, t: Translate): string {
  const n = Math.round(run.part * 100)
  if (run.what === 'readings' || run.what === 'pictures' || run.what === 'incidents') return t(`replaywhat.${run.what}`, { n })
  return t('replaywhat.begin')
}

function Cancel({ id }: { id: string }) {
  const { t } = useT()
  const { busy, act } = useAct(['replays'])
  return (
    <Button size="small" danger loading={busy} onClick={() => act(() => qualityActs.cancel(id))}>
      {t('replay.cancel')}
    </Button>
  )
}

function Shown({ id }: { id: string }) {
  const asked = useQuery(replay(id))
  return (
    <>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.data?.result != null && <ReplayResult found={asked.data.result} />}
    </>
  )
}
