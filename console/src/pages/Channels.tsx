/** Can people be reached: providers and their health, every person's channels as last tested, and the watcher. */
import { useQuery } from '@tanstack/react-query'
import { Button, Select, Table } from 'antd'
import { useState } from 'react'

import { people } from '../api/queries'
import { channels, channelTests, responseActs } from '../api/response'
import type { ChannelTest, Provider } from '../api/types'
import { say, useT } from '../i18n'
import { Panel } from '../parts/Panel'
import { Problem } from '../parts/Problem'
import { useAct } from '../parts/useCommand'
import { WatchPanel } from '../parts/Watch'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minute } from '../time'
import { stacked } from '../parts/stacked'

export function Channels() {
  const { t } = useT()
  const { session } = useSession()
  return (
    <section aria-label={t('channels.title')}>
      <h1>{t('channels.title')}</h1>
      <WatchPanel />
      <Providers />
      {session.role !== 'engineer' && <Tests />}
    </section>
  )
}

function Providers() {
  const { t } = useT()
  const now = useNow()
  const asked = useQuery(channels)
  return (
    <Panel title={t('channels.providers')}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<Provider>
        size="middle"
        rowKey={(one) => `${one.channel} ${one.provider}`}
        loading={asked.isPending}
        dataSource={asked.data?.items ?? []}
        pagination={false}
        scroll={{ x: 'max-content' }}
      className="stack"
        locale={{ emptyText: t('channels.none') }}
        columns={stacked([
          {
            title: t('channels.channel'),
            render: (_, one) => (
              <>
                <strong>{t(`channel.${one.channel}`)}</strong> <span className="quiet">{one.provider}</span>
              </>
            ),
          },
          {
            title: t('channels.health'),
            render: (_, one) => (
              <>
                <span className={!one.offered ? 'quiet' : one.up ? 'tone-arrived' : 'tone-missed'}>
                  {t(!one.offered ? 'channels.off' : one.up ? 'channels.up' : 'channels.down')}
                </span>
                {one.offered && !one.up && one.since != null && (
                  <div className="quiet">{t('channels.since', { time: minute(one.since, now), n: one.failures })}</div>
                )}
              </>
            ),
          },
          { title: t('channels.lastOk'), render: (_, one) => (one.last_ok == null ? t('channels.never') : minute(one.last_ok, now)) },
          { title: t('channels.waiting'), align: 'right', render: (_, one) => <span className={one.waiting > 0 ? 'tone-late' : ''}>{one.waiting}</span> },
          { title: t('channels.sent'), align: 'right', render: (_, one) => one.sent_hour },
          { title: t('channels.failed'), align: 'right', render: (_, one) => <span className={one.failed_hour > 0 ? 'tone-missed' : ''}>{one.failed_hour}</span> },
          { title: t('do.reason'), render: (_, one) => <span className="wrap">{one.reason}</span> },
        ])}
      />
    </Panel>
  )
}

function Tests() {
  const { t } = useT()
  const now = useNow()
  const { session } = useSession()
  const tests = useQuery(channelTests)
  const known = useQuery(people)
  const [person, setPerson] = useState<string | null>(null)
  const { busy, act } = useAct(['channel-tests'])
  const may = session.role === 'operator' || session.role === 'administrator'
  return (
    <Panel title={t('tests.title')}>
      <p className="quiet">{t('tests.hint')}</p>
      {may && (
        <div className="bar filters">
          <Select<string>
            aria-label={t('tests.person')}
            placeholder={t('tests.person')}
            showSearch={{ optionFilterProp: 'label' }}
            value={person}
            onChange={setPerson}
            style={{ minWidth: 200 }}
            options={(known.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
          />
          <Button
            type="primary"
            disabled={person === null}
            loading={busy}
            onClick={() => person !== null && act(() => responseActs.testChannels(person))}
          >
            {t('tests.now')}
          </Button>
        </div>
      )}
      {(tests.data?.unreachable.length ?? 0) > 0 && (
        <p className="tone-missed" role="status">
          {t('tests.unreachable')}
          {t('list.colon')}
          {tests.data?.unreachable
            .map((one) => `${one.person_name}${t('list.brackets', { inside: say(t, 'unreachable', one.reason) })}`)
            .join(t('list.comma'))}
        </p>
      )}
      <Problem error={tests.error} onRetry={() => void tests.refetch()} />
      <Table<ChannelTest>
        size="middle"
        rowKey={(one) => `${one.person} ${one.channel} ${one.provider} ${one.asked}`}
        loading={tests.isPending}
        dataSource={tests.data?.items ?? []}
        pagination={{ pageSize: 30, hideOnSinglePage: true }}
        scroll={{ x: 'max-content' }}
      className="stack"
        locale={{ emptyText: t('tests.none') }}
        columns={stacked([
          { title: t('tests.person'), render: (_, one) => <strong>{one.person_name}</strong> },
          { title: t('channels.channel'), render: (_, one) => t(`channel.${one.channel}`) },
          { title: t('tests.asked'), render: (_, one) => <time className="mono">{minute(one.asked, now)}</time> },
          {
            title: t('tests.outcome'),
            render: (_, one) => (
              <span className={toneOf(one)}>
                {one.answered != null ? t('tests.answered', { time: minute(one.answered, now) }) : say(t, 'outcome', one.outcome ?? 'pending')}
              </span>
            ),
          },
          { title: t('do.reason'), render: (_, one) => <span className="wrap">{one.reason}</span> },
          {
            title: t('tests.score'),
            align: 'right',
            render: (_, one) => (one.score == null ? '—' : <strong className={one.score < 0.5 ? 'tone-missed' : ''}>{`${Math.round(one.score * 100)}%`}</strong>),
          },
        ])}
      />
    </Panel>
  )
}

function toneOf(test: ChannelTest): string {
  if (test.answered != null) return 'tone-arrived'
  return ['failed', 'refused', 'unknown', 'expired'].includes(test.outcome ?? '') ? 'tone-missed' : 'quiet'
}
